using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Cold;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Tiers.Cold;
using Cascade.Tiers.Native;
using Cascade.Tiers.Tests.Shm;

namespace Cascade.Tiers.Tests.Cold;

/// <summary>The actor, its device's threads and the thread pool, over a payload area as an arena has it: a mapped file.</summary>
public sealed class ColdTierEndToEndTests : IProtectedBlocks
{
    private const int SlotBytes = 256 << 10;
    private const int Count = 64;

    /// <summary>A place for each block, and for each of two fetches of it.</summary>
    private const int AreaBytes = 3 * Count * SlotBytes;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Blocks_put_from_a_mapping_come_back_into_it_byte_by_byte()
    {
        var folder = TemporaryFolder.Create();
        var path = TemporaryFolder.Name(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath());
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
        File.Delete(path);
        RandomAccess.SetLength(file, AreaBytes);
        using var mapping = MappingHandle.Map(file, AreaBytes, path);
        try
        {
            await Live(folder, mapping, async (tier, ready) =>
            {
                Assert.Equal(0, ready.Blocks);
                await PutAll(tier, mapping);
                await FetchAll(tier, mapping);
            });
            await Live(folder, mapping, async (tier, ready) =>
            {
                Assert.Equal(Count, ready.Blocks);
                await FetchAll(tier, mapping);
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public bool Contains(BlockId id) => false;

    private async Task Live(string folder, MappingHandle mapping, Func<IActorRef, ColdReady, Task> act)
    {
        using var directory = ColdDirectory.Open(new ColdDirectoryOptions { DirectoryPath = folder, Rank = 0 });
        var inbox = new CompletionInbox();
        var area = new PayloadArea(mapping.Address, AreaBytes);
        using var device = new ColdDevice(
            directory, area, new ColdDeviceOptions { Threads = 4 }, new ColdDeviceHooks { OnCompletion = inbox.Add }, TimeProvider.System);
        var system = ActorSystem.Create("cold");
        var recipients = new Recipients();
        recipients.Add(ColdPort.Memory, system.ActorOf(Props.Create(() => new Room())));
        recipients.Add(Destination.Owners, ActorRefs.Nobody);
        recipients.Add(Destination.KeyIndex, system.ActorOf(Props.Create(() => new Index())));
        var settings = new ColdSettings { FileBytes = 4 << 20, CapacityBytes = 256 << 20 };
        var core = new ColdStoreCore(new TierAddress(new NodeId(0), TierKind.Cold), settings, DigestAlgorithm.Blake3, this);
        var ready = new TaskCompletionSource<ColdReady>(TaskCreationOptions.RunContinuationsAsynchronously);
        var hooks = new ColdTierHooks { OnReady = ready.SetResult, OnTrouble = trouble => ready.TrySetException(new IOException(trouble)) };
        var tier = system.ActorOf(ColdTier.Props(core, device, inbox, recipients, TimeProvider.System, hooks));
        await act(tier, await ready.Task.WaitAsync(Timeout));
        await system.Terminate().WaitAsync(Timeout);
    }

    private static Task PutAll(IActorRef tier, MappingHandle mapping) => Task.WhenAll(Enumerable.Range(0, Count).Select(async seed =>
    {
        ArenaSandbox.Bytes(seed, LengthOf(seed)).CopyTo(Span(mapping, seed, LengthOf(seed)));
        var memory = new PayloadMemory((long)seed * SlotBytes, LengthOf(seed));
        var put = new ColdPut(ArenaSandbox.Id(seed, LengthOf(seed)), memory, ArenaSandbox.Binding(seed), 1, Durable: true, Timeout);
        Assert.Equal(new ColdStored(true), await tier.Ask<object>(put, Timeout));
    }));

    private static async Task FetchAll(IActorRef tier, MappingHandle mapping)
    {
        Span(mapping, Count, 2 * Count * SlotBytes).Clear();
        await Task.WhenAll(Enumerable.Range(0, Count).Select(async seed =>
        {
            // Two ask for each block: they may get one read between them, or one each.
            Task<ColdFetched>[] asked = [Fetch(tier, seed), Fetch(tier, seed)];
            foreach (var fetched in await Task.WhenAll(asked))
            {
                Assert.Equal(LengthOf(seed), fetched.Memory.LengthBytes);
                var at = (int)(fetched.Memory.Address / SlotBytes);
                Assert.True(Span(mapping, at, LengthOf(seed)).SequenceEqual(ArenaSandbox.Bytes(seed, LengthOf(seed))), $"Block {seed} differs.");
            }
        }));
    }

    private static Task<ColdFetched> Fetch(IActorRef tier, int seed) =>
        tier.Ask<ColdFetched>(new ColdFetch(ArenaSandbox.Key(seed), default, Timeout, 0), Timeout);

    private static int LengthOf(int seed) => 1 + (seed * 40_009 % SlotBytes);

    private static unsafe Span<byte> Span(MappingHandle mapping, int slot, int length) =>
        new((byte*)mapping.Address + ((long)slot * SlotBytes), length);

    /// <summary>Gives out what lies behind the blocks that are put, place by place.</summary>
    private sealed class Room : UntypedActor
    {
        private int _next;

        protected override void OnReceive(object message)
        {
            if (message is RoomNeeded room)
                Sender.Tell(new RoomGiven(room.Fetch, new PayloadMemory((Count + _next++) * (long)SlotBytes, room.LengthBytes)), Self);
        }
    }

    private sealed class Index : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is Core.Messages.Bind bind)
                Sender.Tell(new Core.Messages.Bound(bind.Key, bind.Id, true), Self);
        }
    }
}

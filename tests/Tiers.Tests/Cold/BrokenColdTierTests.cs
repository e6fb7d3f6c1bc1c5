using Cascade.Actors;
using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Tiers.Tests.Shm;

namespace Cascade.Tiers.Tests.Cold;

/// <summary>What a cold tier still does once a step of its core has thrown: here at a device that answers a request twice.</summary>
public sealed class BrokenColdTierTests : IDisposable
{
    private const int Length = 70_001;

    private static readonly ColdSettings Settings = new()
    {
        FileBytes = 1 << 20,
        CapacityBytes = 64 << 20,
        MaxBlockBytes = 1 << 20,
        CheckpointEveryBytes = 1 << 20,
    };

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly string _folder = TemporaryFolder.Create();
    private SimulatedColdTier _tier;

    public BrokenColdTierTests() => _tier = new SimulatedColdTier(_folder, Settings);

    [Fact]
    public void Blocks_are_read_and_changes_turned_away()
    {
        Assert.Equal(new ColdStored(true), Put(1)[0]);
        Break();
        Assert.IsType<Error>(Assert.Single(_tier.Log));
        Assert.StartsWith("The cold tier failed within a step and takes no more writes", Assert.Single(_tier.Trouble), StringComparison.Ordinal);
        Assert.Equal(Id(1), Assert.IsType<ColdFetched>(Assert.Single(_tier.Tell(Fetch(1)))).Id);
        var replies = Put(2);
        Assert.IsType<Unavailable>(replies[0]);
        Assert.Equal(new MemoryReleased(Id(2), new PayloadMemory(0, Length), false), replies[1]);
        var key = ArenaSandbox.Binding(3);
        object[] changes = [new ColdBind(Id(1), key, true, Minute), new ColdUnbind(key.Key, key.Stamp, true, Minute), new ColdDrop(Id(1), true, Minute)];
        foreach (var change in changes)
            Assert.IsType<Unavailable>(Assert.Single(_tier.Tell(change)));
        Assert.IsType<Unavailable>(Assert.Single(_tier.Tell(new Drop(Id(1), default))));
        Assert.IsType<ColdFetched>(Assert.Single(_tier.Tell(Fetch(1))));
    }

    [Fact]
    public void Nothing_is_written_deleted_or_summed_up_any_more()
    {
        // The write waits in the device while the tier breaks, with one more and a checkpoint behind it.
        Put(1);
        _tier.Device.FailNext<WriteRecord>(DeviceFaultKind.Held);
        Assert.Empty(Put(2));
        _tier.Tell(new ColdDrop(Id(1), false, Minute));
        var before = _tier.Disk.Submitted.Count;
        Break();
        _tier.Tell(ColdSettle.Instance);
        _tier.Device.ReleaseHeld();
        _tier.Advance(Minute);
        Assert.Equal(
            [typeof(WriteRecord), typeof(Flush)], _tier.Disk.Submitted.Skip(before).Select(r => r.GetType()).Where(t => t != typeof(ReadPayload)).Distinct());
    }

    [Fact]
    public void Step_that_fails_asks_the_device_for_what_it_had_put_into_its_books()
    {
        // One completion of the pair begins the write of the waiting put, the next throws within the same step.
        _tier.Device.FailNext<CreateFile>(DeviceFaultKind.Held);
        Assert.Empty(Put(1));
        _tier.Device.ReleaseHeld();
        _tier.Inbox.Add(new DeviceDone(1, DeviceStatus.Ok));
        _tier.Advance(Minute);
        Assert.Equal(new ColdStored(true), _tier.TakeReplies()[0]);
    }

    [Fact]
    public void Next_life_finds_all_that_was_durable()
    {
        for (var i = 0; i < 20; i++)
            Assert.Equal(new ColdStored(true), Put(i)[0]);
        Break();
        _tier.Tell(ColdSettle.Instance);
        _tier.Advance(Minute);
        _tier.Dispose();
        _tier = new SimulatedColdTier(_folder, Settings);
        Assert.Equal(20, _tier.Ready?.Blocks);
        Assert.Equal(new ColdStored(true), Put(20)[0]);
    }

    public void Dispose()
    {
        _tier.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Break()
    {
        _tier.Inbox.Add(new DeviceDone(1, DeviceStatus.Ok));
        _tier.Run();
    }

    private static BlockId Id(int seed) => ArenaSandbox.Id(seed, Length);

    private static ColdFetch Fetch(int seed) => new(ArenaSandbox.Key(seed), default, Minute, 0);

    private object[] Put(int seed)
    {
        ArenaSandbox.Bytes(seed, Length).CopyTo(_tier.Span(0, Length));
        var put = new ColdPut(Id(seed), new PayloadMemory(0, Length), ArenaSandbox.Binding(seed), 1, Durable: true, Minute);
        _tier.Tier.Tell(put, _tier.Client);
        _tier.Advance(TimeSpan.FromMilliseconds(5));
        return _tier.TakeReplies();
    }
}

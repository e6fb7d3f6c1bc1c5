using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Actors.Simulation;
using Cascade.Core.Cold;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Tiers.Cold;

namespace Cascade.Tiers.Tests.Cold;

/// <summary>
/// A cold tier's actor in one thread under virtual time, over a real directory. What it says is collected by whom it is said to; a stand-in
/// for the memory tier gives room at <see cref="RoomAt"/>.
/// </summary>
internal sealed class SimulatedColdTier : IDisposable, IProtectedBlocks
{
    public const long RoomAt = 4 << 20;
    private const long AreaBytes = 8 << 20;

    private readonly AlignedMemory _area = new(AreaBytes);
    private readonly ColdDirectory _directory;
    private readonly DeterministicDispatcher _dispatcher;
    private readonly ActorSystem _system;

    public SimulatedColdTier(string folder, ColdSettings? settings = null, int mailbox = 1024)
    {
        _directory = ColdDirectory.Open(new ColdDirectoryOptions { DirectoryPath = folder, Rank = 0 });
        var area = new PayloadArea(_area.Address, _area.LengthBytes);
        Disk = new InlineDevice(_directory, area, (completion, reason) => Device!.Complete(completion, reason));
        Device = new FaultyDeviceStandIn(Disk, _directory, area, Inbox.Add);
        _dispatcher = DeterministicDispatcher.Fifo(Time);
        _system = ActorSystem.Create("cold", new ActorSystemSettings { Time = Time, Dispatcher = _dispatcher, LogSink = Log.Add });
        var recipients = new Recipients();
        Client = Probe(Replies, null);
        recipients.Add(ColdPort.Memory, Probe(Memory, GiveRoom));
        recipients.Add(Destination.Owners, Probe(Owners, null));
        recipients.Add(Destination.KeyIndex, Probe([], Bind));
        var core = new ColdStoreCore(new TierAddress(new NodeId(0), TierKind.Cold), settings ?? new ColdSettings(), DigestAlgorithm.Blake3, this);
        var hooks = new ColdTierHooks { OnReady = ready => Ready = ready, OnRecovery = (done, total) => Recovery.Add((done, total)), OnTrouble = Trouble.Add };
        Tier = _system.ActorOf(ColdTier.Props(core, Device, Inbox, recipients, Time, hooks).WithMailbox(mailbox), "cold");
        Run();
    }

    public VirtualTimeProvider Time { get; } = new();

    public CompletionInbox Inbox { get; } = new();

    public InlineDevice Disk { get; }

    public FaultyDeviceStandIn Device { get; }

    public IActorRef Tier { get; }

    public IActorRef Client { get; }

    public ColdReady? Ready { get; private set; }

    public List<(int Done, int Total)> Recovery { get; } = [];

    public List<string> Trouble { get; } = [];

    public List<LogEvent> Log { get; } = [];

    public List<object> Replies { get; } = [];

    public List<object> Memory { get; } = [];

    public List<object> Owners { get; } = [];

    public Span<byte> Span(long offset, int length) => _area.Span(offset, length);

    public bool Contains(BlockId id) => false;

    public void Run() => _dispatcher.RunUntilIdle();

    public void Advance(TimeSpan span) => _dispatcher.Advance(span);

    /// <summary>Tells the tier something as the client and gives what the client was told until all is quiet.</summary>
    public object[] Tell(object message)
    {
        Tier.Tell(message, Client);
        Run();
        return TakeReplies();
    }

    public object[] TakeReplies()
    {
        object[] taken = [.. Replies];
        Replies.Clear();
        return taken;
    }

    public void Dispose()
    {
        _system.Dispose();
        Run();
        Device.Dispose();
        Disk.Dispose();
        _directory.Dispose();
        _area.Dispose();
    }

    private void GiveRoom(object message)
    {
        if (message is RoomNeeded room)
            Tier.Tell(new RoomGiven(room.Fetch, new PayloadMemory(RoomAt, room.LengthBytes)), null);
    }

    private void Bind(object message)
    {
        if (message is Core.Messages.Bind bind)
            Tier.Tell(new Core.Messages.Bound(bind.Key, bind.Id, true), null);
    }

    private IActorRef Probe(List<object> messages, Action<object>? react) =>
        _system.ActorOf(Props.Create(() => new ProbeActor(messages, react)));

    private sealed class ProbeActor(List<object> messages, Action<object>? react) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            messages.Add(message);
            react?.Invoke(message);
        }
    }
}

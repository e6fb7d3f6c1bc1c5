using Cascade.Core.Cold;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Log;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using static Cascade.Core.Tests.Cold.ColdNames;

namespace Cascade.Core.Tests.Cold;

/// <summary>A cold store with a stand-in of its device and its memory; crashes and starts again at will.</summary>
internal sealed class ColdHarness(int seed, ColdSettings settings)
{
    private readonly Outbox _outbox = new();
    private long _nextAddress;

    public static readonly TierAddress Self = new(new NodeId(3), TierKind.Cold);

    public Random Random { get; } = new(seed);

    public DeviceStandIn Device { get; } = new(new Random(seed ^ 0x5EED));

    public ProtectedSet Protected { get; } = new();

    public ColdStoreCore Core { get; private set; } = null!;

    public TimeSpan Now { get; set; } = TimeSpan.FromSeconds(1000);

    public List<string> Trace { get; } = [];

    public List<RoomNeeded> RoomsNeeded { get; } = [];

    public Dictionary<long, long> RoomsGiven { get; } = [];

    public List<object> ToTier { get; } = [];

    /// <summary>What owners and the key index make of what they are told.</summary>
    public ColdListeners Listeners { get; } = new();

    /// <summary>True to have the key index answer what it is told at once.</summary>
    public bool AnswersBinds { get; set; } = true;

    /// <summary>All that the store sent, in order.</summary>
    public List<Effect> Sent { get; } = [];

    /// <summary>Told of each answer, before anything else happens.</summary>
    public Action<Asked, object> Answered { get; set; } = (_, _) => { };

    public static readonly ColdSettings Small = new()
    {
        FileBytes = 16 * LogRecordHeader.SizeBytes,
        CapacityBytes = 128 * 16 * LogRecordHeader.SizeBytes,
        GroupRecordsMax = 4,
        WritesInFlightMax = 3,
        ReadsInFlightMax = 2,
        CheckpointEveryBytes = 40 * LogRecordHeader.SizeBytes,
        HeadersPerRead = 5,
        RecoveryReadsMax = 2,
        QueueMax = 20,
    };

    public void Start()
    {
        Core = new ColdStoreCore(Self, settings, DigestAlgorithm.Blake3, Protected);
        RoomsNeeded.Clear();
        RoomsGiven.Clear();
        Listeners.Restart();
        Core.Start(Now, _outbox);
        Carry();
    }

    /// <summary>Starts and lets recovery end.</summary>
    public ColdReady Recover()
    {
        ToTier.Clear();
        Start();
        for (var steps = 0; ToTier.Count == 0; steps++)
        {
            Assert.True(steps < 1_000_000, "recovery does not end");
            StepDevice();
        }

        return ToTier.OfType<ColdReady>().Single();
    }

    public void Crash()
    {
        Trace.Add("crash");
        Device.Crash();
    }

    public Asked Send(Asked asked, object message)
    {
        Trace.Add($"{Now.TotalMilliseconds} {message}");
        Assert.True(Core.Handle(Now, asked, message, _outbox));
        Carry();
        return asked;
    }

    public Asked Put(
        int block, int key, long stamp, int pages = 1, bool durable = true, double timeoutSeconds = 60, int parent = 0, int frequency = 0, double chance = 1)
    {
        var memory = new PayloadMemory(++_nextAddress, (pages * LogRecordHeader.SizeBytes) - 7);
        Device.Memory[memory.Address] = Id(block);
        Listeners.Watch(Id(block));
        var binding = key == 0 ? default : Binding(key, stamp, parent);
        return Send(
            new Asked($"put {block} as {key}"),
            new ColdPut(Id(block), memory, binding, frequency, durable, TimeSpan.FromSeconds(timeoutSeconds), chance));
    }

    public Asked Unbind(int key, long stamp, bool durable = true) =>
        Send(new Asked($"unbind {key}"), new ColdUnbind(Key(key), new((ulong)stamp), durable, TimeSpan.FromSeconds(60)));

    public Asked Bind(int block, int key, long stamp, bool durable = true) =>
        Send(new Asked($"bind {key} to {block}"), new ColdBind(Id(block), Binding(key, stamp), durable, TimeSpan.FromSeconds(60)));

    public Asked Drop(int block, bool durable = true) =>
        Send(new Asked($"drop {block}"), new ColdDrop(Id(block), durable, TimeSpan.FromSeconds(60)));

    public Asked Fetch(int key, int readAhead = 0) =>
        Send(new Asked($"fetch {key}"), new ColdFetch(Key(key), default, TimeSpan.FromSeconds(60), readAhead));

    public Asked FetchBlock(int block) =>
        Send(new Asked($"fetch block {block}"), new ColdFetch(default, Id(block), TimeSpan.FromSeconds(60), 0));

    public void Tick()
    {
        Core.Tick(Now, _outbox);
        Carry();
    }

    public bool StepDevice(bool inOrder = false)
    {
        if (Device.IsIdle)
            return false;
        if (Device.Step(inOrder) is { } completion)
        {
            Trace.Add($"{completion.GetType().Name} {completion.Number} {completion.Status}");
            Assert.True(Core.Handle(Now, Device, completion, _outbox));
            Carry();
        }

        return true;
    }

    /// <summary>Carries out the first open request of a kind, or of a kind and a block (<c>WriteRecord 2</c>), and hands its completion back.</summary>
    public bool CompleteFirst(string what, DeviceStatus? status = null)
    {
        var completion = Device.Complete(what, status);
        if (completion is null)
            return false;
        Assert.True(Core.Handle(Now, Device, completion, _outbox));
        Carry();
        return true;
    }

    public void GiveRoom(RoomNeeded need, bool give = true)
    {
        RoomsNeeded.Remove(need);
        if (give)
            RoomsGiven[need.Fetch] = ++_nextAddress;
        Send(new Asked("room"), give ? new RoomGiven(need.Fetch, new PayloadMemory(_nextAddress, need.LengthBytes)) : new RoomDenied(need.Fetch, "none left"));
    }

    /// <summary>Lets time pass until nothing more happens.</summary>
    public void Settle(int rounds = 40)
    {
        for (var round = 0; round < rounds; round++)
        {
            while (StepDevice() || RoomsNeeded.Count > 0)
            {
                if (RoomsNeeded.Count > 0)
                    GiveRoom(RoomsNeeded[0]);
            }

            Now += TimeSpan.FromMilliseconds(500);
            Tick();
        }
    }

    /// <summary>The answer to a request, everything being let run until it is there.</summary>
    public object Outcome(Asked asked)
    {
        for (var round = 0; asked.Answers.Count == 0 && round < 1000; round++)
            Settle(1);
        return Assert.Single(asked.Answers);
    }

    private void Carry()
    {
        CarryOut();
        while (AnswersBinds && Listeners.TakeBind() is { } bind)
        {
            Assert.True(Core.Handle(Now, Destination.KeyIndex, new Bound(bind.Key, bind.Id, true), _outbox));
            CarryOut();
        }
    }

    private void CarryOut()
    {
        foreach (var (to, message) in _outbox.Effects.ToList())
        {
            if (to != (object)Destination.KeyIndex)
                Trace.Add($"{to} <- {message}");
            Sent.Add(new Effect(to, message));
            if (to == ColdPort.Device)
                Device.Take((DeviceRequest)message);
            else if (to == ColdPort.Memory)
                ToMemory(message);
            else if (to == ColdPort.Tier)
                ToTier.Add(message);
            else if (to is Destination)
                Listeners.Hear(message);
            else
                Answer((Asked)to, message);
        }

        _outbox.Clear();
        Listeners.Check(Core);
    }

    private void ToMemory(object message)
    {
        switch (message)
        {
            case RoomNeeded m:
                RoomsNeeded.RemoveAll(ahead => ahead.Fetch == m.Fetch);
                RoomsNeeded.Add(m);
                break;
            case RoomFilled m:
                Assert.True(RoomsGiven.Remove(m.Fetch));
                Assert.Equal(m.Id, Device.Memory[m.Memory.Address]);
                break;
            case RoomReturned m: Assert.True(RoomsGiven.Remove(m.Fetch)); break;
        }
    }

    private void Answer(Asked asked, object message)
    {
        if (message is MemoryReleased released)
        {
            asked.Released++;
            Device.Memory.Remove(released.Memory.Address);
            return;
        }

        asked.Answers.Add(message);
        Answered(asked, message);
    }
}

using System.Globalization;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Ports;

namespace Cascade.Core.Tests.Membership;

/// <summary>Membership cores of many nodes in one thread, under virtual time, on a network whose faults are drawn from a seed.</summary>
internal sealed class SimWorld
{
    private readonly PriorityQueue<Action, (TimeSpan Due, long Number)> _events = new();
    private readonly Dictionary<NodeAddress, SimNode> _listening = [];
    private readonly Outbox _outbox = new();
    private long _numbers;

    public SimWorld(int seed, MembershipSettings? settings = null)
    {
        Seed = seed;
        Random = new SeededNumbers((ulong)seed);
        Network = new SimNetwork(Random);
        Settings = settings ?? new MembershipSettings { Cluster = "sim", Seeds = [AddressOf(0), AddressOf(1)] };
    }

    public int Seed { get; }

    public SeededNumbers Random { get; }

    public SimNetwork Network { get; }

    public MembershipSettings Settings { get; }

    public TimeSpan Now { get; private set; }

    /// <summary>Every node that is running, in the order of their addresses.</summary>
    public IEnumerable<SimNode> Live => _listening.Values.Where(node => node.IsAlive).OrderBy(node => node.Address);

    /// <summary>What every node told, with the time; null unless wanted.</summary>
    public List<string>? Trace { get; init; }

    /// <summary>Sees every message that is sent.</summary>
    public Action<SimNode, object>? OnSend { get; set; }

    /// <summary>Sees what a node tells its observers.</summary>
    public Action<SimNode, object>? OnTold { get; set; }

    public static NodeAddress AddressOf(int node) => new($"10.0.0.{node}:7400");

    public SimNode this[int node] => _listening[AddressOf(node)];

    /// <summary>Starts a node; a process that listens at its address is ended first.</summary>
    public SimNode Start(int node, ulong? start = null, NodeAddress? address = null, MembershipSettings? settings = null, MemberMetadata? metadata = null)
    {
        address ??= AddressOf(node);
        if (_listening.TryGetValue(address, out var earlier))
            Crash(earlier);
        var stamp = new HybridTimestamp(start ?? ((ulong)(Now.TotalMilliseconds + 1) << HybridTimestamp.CounterBits));
        var self = Member.Starting(new NodeId((uint)node), address, stamp, metadata ?? MemberMetadata.None);
        settings ??= Settings;
        var life = new SimNode(new MembershipCore(self, settings, new SeededNumbers(Random.Next())), settings);
        _listening[address] = life;
        Note(life, "starts");
        Step(life, core => core.Start(Now, _outbox));
        return life;
    }

    public void Crash(SimNode node)
    {
        node.IsAlive = false;
        Note(node, "crashes");
    }

    /// <summary>Stops a node in its tracks for a while; what is sent to it waits.</summary>
    public void Pause(SimNode node, TimeSpan duration)
    {
        if (node.Waiting is not null)
            return;
        node.Waiting = [];
        Note(node, "pauses");
        At(Now + duration, () => Resume(node));
    }

    public void Step(SimNode node, Action<MembershipCore> step)
    {
        if (!node.IsAlive)
            return;
        step(node.Core);
        for (var i = 0; i < _outbox.Effects.Count; i++)
            Carry(node, _outbox.Effects[i].To, _outbox.Effects[i].Message);
        _outbox.Clear();
        if (node.Core.NextDeadline is var wake && wake != node.Wake)
        {
            node.Wake = wake;
            if (wake < TimeSpan.MaxValue)
                At(wake, () => Tick(node, wake));
        }
    }

    public Outbox Outbox => _outbox;

    /// <summary>Runs until a time from now has passed.</summary>
    public void Run(TimeSpan duration) => RunUntil(duration, static () => false);

    /// <summary>Runs until a condition holds or a time from now has passed; true when it holds. It is looked at every ten milliseconds.</summary>
    public bool RunUntil(TimeSpan limit, Func<bool> condition)
    {
        var end = Now + limit;
        var look = Now;
        while (_events.TryPeek(out _, out var next) && next.Due <= end)
        {
            if (next.Due >= look)
            {
                if (condition())
                    return true;
                look = next.Due + TimeSpan.FromMilliseconds(10);
            }
            Now = next.Due;
            _events.Dequeue()();
        }
        Now = end;
        return condition();
    }

    public void At(TimeSpan due, Action action)
    {
        Assert.InRange(due, Now, TimeSpan.MaxValue);
        _events.Enqueue(action, (due, ++_numbers));
    }

    /// <summary>True when all running nodes have one view, and it is that all of them, and no others, are up.</summary>
    public bool IsConverged()
    {
        var live = Live.OrderBy(node => node.Core.Self.Node).ToList();
        var first = live[0].Core.View;
        return first.Members.Length == live.Count
            && live.TrueForAll(node => node.Core.View.Digest == first.Digest && node.Core.Self.State == MemberState.Up)
            && first.Members.Zip(live).All(pair => pair.First == pair.Second.Core.Self);
    }

    /// <summary>What each node believes, for the message of a failed test.</summary>
    public string Views() => string.Create(CultureInfo.InvariantCulture, $"seed {Seed}, at {Now.TotalSeconds:F3} s:\n") + string.Join('\n', Live.Select(
        node => $"{node} sees {string.Join(", ", node.Core.View.Members.Select(member => $"{member.Node}:{member.State}.{member.Incarnation}@{member.Start}"))}"));

    private void Resume(SimNode node)
    {
        var waiting = node.Waiting!;
        node.Waiting = null;
        Note(node, "resumes");
        // Whether the timer or the messages come first after a pause is the operating system's choice.
        if (Random.Chance(0.5))
            Tick(node, node.Wake);
        foreach (var (from, message) in waiting)
            Step(node, core => core.Handle(Now, from, message, _outbox));
        Tick(node, node.Wake);
    }

    private void Tick(SimNode node, TimeSpan wake)
    {
        if (node.Waiting is not null || node.Wake != wake || wake > Now)
            return;
        node.Wake = TimeSpan.MaxValue;
        Step(node, core => core.Tick(Now, _outbox));
    }

    private void Carry(SimNode node, object to, object message)
    {
        if (to is not NodeAddress address)
        {
            Assert.Same(MembershipPort.Observers, to);
            node.Told.Add(message);
            Note(node, message);
            OnTold?.Invoke(node, message);
            return;
        }
        node.Sent++;
        OnSend?.Invoke(node, message);
        var from = node.Address;
        foreach (var delay in Network.Deliveries(from, address))
            At(Now + delay, () => Deliver(from, address, message));
    }

    private void Deliver(NodeAddress from, NodeAddress to, object message)
    {
        if (!_listening.TryGetValue(to, out var node) || !node.IsAlive)
            return;
        if (node.Waiting is { } waiting)
            waiting.Enqueue((from, message));
        else
            Step(node, core => Assert.True(core.Handle(Now, from, message, _outbox)));
    }

    private void Note(SimNode node, object what) =>
        Trace?.Add(string.Create(CultureInfo.InvariantCulture, $"{Now.TotalMilliseconds:F4} {node} {what}"));
}

using Cascade.Core.Membership;

namespace Cascade.Core.Tests.Membership;

/// <summary>One random run: a cluster under faults drawn from a seed, then without faults, when it has to converge.</summary>
internal sealed class MembershipRandomRun
{
    private static readonly TimeSpan FaultsFor = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ConvergeWithin = TimeSpan.FromSeconds(60);

    // What one node begins in one second, whatever happens: 20 of gossip, a few probes, those for others (after a pause at once), pages.
    private const int BurstMax = 100;

    private static readonly MemberMetadata Labels = new(isClient: false, [new("label", new string('x', 150))]);

    private readonly SimWorld _world;
    private readonly SeededNumbers _random;
    private readonly int _nodes;
    private readonly int _seeds;
    private readonly bool _hasFaults;
    private readonly Dictionary<uint, Member> _latest = [];
    private int _moves;

    public MembershipRandomRun(int seed, bool hasFaults = true, bool isTraced = false)
    {
        _random = new SeededNumbers((ulong)seed * 7919);
        _hasFaults = hasFaults;
        _nodes = Draw(3, 13);
        _seeds = Draw(1, 4);
        var settings = new MembershipSettings
        {
            Cluster = "sim",
            Seeds = [.. Enumerable.Range(0, _seeds).Select(SimWorld.AddressOf)],
            SlowStart = TimeSpan.FromSeconds(Draw(0, 2) * 3),
            // With labels of 150 bytes, a page holds four nodes.
            GossipBytesMax = 1024,
            PageBytesMax = 1024,
        };
        _world = new SimWorld(seed, settings) { Trace = isTraced ? [] : null, OnSend = CheckSent, OnTold = CheckTold };
    }

    public IReadOnlyList<string> Trace => _world.Trace!;

    private string Where => _world.Views();

    public void Run()
    {
        for (var node = 0; node < _nodes; node++)
            Start(node);
        if (_hasFaults)
            Disturb();
        else
            _world.Run(FaultsFor);
        Recover();
        var isConverged = _world.RunUntil(ConvergeWithin, _world.IsConverged);
        Assert.True(isConverged, Where);
        // Slow starts end, and then nothing happens any more.
        _world.Run(TimeSpan.FromSeconds(10));
        var versions = _world.Live.Select(node => node.Core.View.Version).ToList();
        _world.Run(TimeSpan.FromSeconds(30));
        Assert.True(_world.IsConverged() && versions.SequenceEqual(_world.Live.Select(node => node.Core.View.Version)), Where);
    }

    private int Draw(int from, int to) => from + (int)(_random.Next() % (ulong)(to - from));

    private void Disturb()
    {
        while (_world.Now < FaultsFor)
        {
            Fault();
            _world.Run(TimeSpan.FromMilliseconds(Draw(1, 3000)));
        }
    }

    private void Fault()
    {
        var node = Draw(0, _nodes);
        switch (Draw(0, 12))
        {
            case 0 or 1: _world.Crash(_world[node]); break;
            case 2 or 3: Start(node); break;
            case 4: Move(node); break;
            case 5 or 6: _world.Pause(_world[node], _random.Below(PauseMax)); break;
            case 7: Divide(); break;
            case 8: _world.Network.Cut(SimWorld.AddressOf(node), SimWorld.AddressOf(Draw(0, _nodes))); break;
            case 9: _world.Network.Mend(); break;
            case 10: Degrade(); break;
            case 11: Leave(_world[node]); break;
        }
    }

    private void Start(int node) => Started(_world.Start(node, metadata: Labels));

    private void Started(SimNode life) => NoteLife(life.Core.Self);

    private void NoteLife(Member self)
    {
        if (!_latest.TryGetValue(self.Node.Value, out var latest) || self.CompareLife(latest) > 0)
            _latest[self.Node.Value] = self;
    }

    /// <summary>Starts a node elsewhere, while an earlier life of it may be running. Seeds stay where the others look for them.</summary>
    private void Move(int node)
    {
        if (node >= _seeds)
            Started(_world.Start(node, address: new NodeAddress($"10.1.{node}.{++_moves}:7400"), metadata: Labels));
    }

    private void Divide()
    {
        var isOneWay = Draw(0, 3) == 0;
        var sides = Enumerable.Range(0, _nodes).Select(_ => Draw(0, 2)).ToList();
        for (var a = 0; a < _nodes; a++)
        {
            for (var b = 0; b < _nodes; b++)
            {
                if (sides[a] > sides[b] || (sides[a] < sides[b] && !isOneWay))
                    _world.Network.Cut(SimWorld.AddressOf(a), SimWorld.AddressOf(b));
            }
        }
    }

    private void Degrade()
    {
        _world.Network.Loss = Draw(0, 30) / 100.0;
        _world.Network.Duplication = Draw(0, 20) / 100.0;
        _world.Network.Delay = (TimeSpan.FromMilliseconds(0.1), TimeSpan.FromMilliseconds(Draw(1, 200)));
    }

    private void Leave(SimNode node)
    {
        _world.Step(node, core => core.Leave(_world.Now, _world.Outbox));
        if (Draw(0, 2) == 0)
            _world.At(_world.Now + TimeSpan.FromSeconds(1), () => _world.Step(node, core => core.Depart(_world.Now, _world.Outbox)));
    }

    /// <summary>Ends all faults: those that are leaving go, and every seed runs.</summary>
    private void Recover()
    {
        _world.Network.Mend();
        _world.Run(PauseMax);
        foreach (var node in _world.Live.Where(node => node.Core.IsOver || node.Core.Self.State >= MemberState.Leaving).ToList())
            _world.Crash(node);
        for (var seed = 0; seed < _seeds; seed++)
        {
            if (!_world[seed].IsAlive && !_world.Live.Any(node => node.Core.Self.Node.Value == seed))
                Start(seed);
        }
    }

    private void CheckSent(SimNode node, object message)
    {
        // What is meant for an earlier life is answered each time, a pause's worth of it at once.
        var isAnswer = message is Gossip { Records: [var only] } && only.Node == node.Core.Self.Node;
        if (message is Ping or PingRequest or Gossip or Sync && !isAnswer)
            CountBurst(node, message);
        var (records, bytes) = message switch
        {
            Ping m => (m.Gossip, node.Settings.GossipBytesMax),
            PingRequest m => (m.Gossip, node.Settings.GossipBytesMax),
            Ack m => (m.Gossip, node.Settings.GossipBytesMax),
            Gossip m => (m.Records, node.Settings.GossipBytesMax),
            Sync m => (m.Records, node.Settings.PageBytesMax),
            SyncReply m => (m.Records, node.Settings.PageBytesMax),
            _ => ([], 0),
        };
        Require(records.Sum(record => record.SizeBytes) <= bytes, node, message);
    }

    private void CountBurst(SimNode node, object message)
    {
        var second = (long)_world.Now.TotalSeconds;
        node.Burst = second == node.BurstSecond ? node.Burst + 1 : 1;
        node.BurstSecond = second;
        Require(node.Burst <= BurstMax, node, message);
    }

    private void CheckTold(SimNode node, object told)
    {
        if (told is Overruled)
        {
            Require(node.Core.Self.CompareLife(_latest[node.Core.Self.Node.Value]) < 0, node, told);
            _world.Crash(node);
        }
        if (told is not MemberChanged { Before: { } before, After: var after } change)
            return;
        if (after.Node == node.Core.Self.Node)
            NoteLife(after);
        var order = after.CompareLife(before);
        Require(order > 0 || (order == 0 && after.IsNewsTo(before)), node, change);
        Require(_hasFaults || after.State < MemberState.Suspect, node, change);
    }

    private void Require(bool holds, SimNode node, object what)
    {
        if (!holds)
            Assert.Fail($"{Where}\n{node}: {what}");
    }
}

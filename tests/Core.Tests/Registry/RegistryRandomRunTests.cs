using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Registry;
using Cascade.Core.Tests.Membership;
using static Cascade.Core.Tests.Indices.Digests;

namespace Cascade.Core.Tests.Registry;

/// <summary>
/// Nodes that crash one at a time, leave, are divided and see views late, over a network that loses messages. What was acknowledged is never lost, it is in all
/// replicas by then, and in the end all agree.
/// </summary>
public sealed class RegistryRandomRunTests
{
    // So many that few are told anew by chance.
    private const int Keys = 300;

    [Fact]
    public void Whatever_happens_replicas_agree_in_the_end_and_nothing_acknowledged_is_lost()
    {
        var acknowledged = 0;
        for (var seed = 1UL; seed <= 60; seed++)
            acknowledged += new Run(seed).Play();
        Assert.InRange(acknowledged, 5_000, int.MaxValue);
    }

    private sealed class Run
    {
        private static readonly RegistrySettings Settings = new() { QuotaBytes = long.MaxValue };

        private readonly ulong _seed;
        private readonly SeededNumbers _random;
        private readonly RegistryWorld _world;
        private readonly uint _nodes;
        private readonly Dictionary<(NodeId Observer, NodeLife Other), TimeSpan> _unseenSince = [];
        private readonly HashSet<NodeId> _leaving = [];
        private readonly List<RegistryEntry> _acknowledged = [];
        private ulong _stamp;

        public Run(ulong seed)
        {
            (_seed, _random) = (seed, new SeededNumbers(seed));
            _world = new RegistryWorld(_random, Settings) { Loss = 0.05, DelayMax = TimeSpan.FromMilliseconds(60), OnAnswer = OnAnswer };
            _nodes = 2 + (uint)_random.Below(4);
            for (var node = 1U; node <= _nodes; node++)
                _world.Start(node);
        }

        public int Play()
        {
            Pass(5);
            for (var fault = 0; fault < 6; fault++)
            {
                switch (_random.Below(4))
                {
                    case 0: Crash(); break;
                    case 1: Divide(); break;
                    case 2: Leave(); break;
                    case 3: _world.Loss = 0.4; Pass(3); _world.Loss = 0.05; break;
                }
                Pass(20);
            }
            Divide();
            _world.Loss = 0.6;
            Pass(6, withRequests: false);
            _world.Loss = 0;
            Pass(40, withRequests: false);
            CheckEnd();
            return _acknowledged.Count;
        }

        private void Crash()
        {
            var victim = 1 + (uint)_random.Below((int)_nodes);
            _world.Crash(victim);
            Pass(_random.Below(8));
            _world.Start(victim);
        }

        private void Leave()
        {
            var leaver = 1 + (uint)_random.Below((int)_nodes);
            _leaving.Add(new NodeId(leaver));
            Pass(3);
            _world.Crash(leaver);
            _leaving.Clear();
            Pass(_random.Below(8));
            _world.Start(leaver);
        }

        private void Divide()
        {
            var oneWay = _random.Chance(0.2);
            var first = _random.Next();
            for (var one = 1U; one <= _nodes; one++)
            {
                for (var other = 1U; other <= _nodes; other++)
                {
                    if ((first >> (int)one & 1) != (first >> (int)other & 1) && (!oneWay || (first >> (int)one & 1) == 0))
                        _world.Block(one, other);
                }
            }
            Pass(2 + _random.Below(10));
            _world.Heal();
        }

        private void Pass(double seconds, bool withRequests = true)
        {
            for (var end = _world.Now + TimeSpan.FromSeconds(seconds); _world.Now < end; _world.Run(0.1))
            {
                foreach (var peer in _world.Peers.ToArray())
                {
                    if (_random.Chance(0.2))
                        LookAround(peer);
                    if (withRequests && _random.Chance(0.2))
                        Request(peer);
                }
            }
        }

        private void Request(RegistryPeer peer)
        {
            if (peer.Cluster?.Shards.SingletonOf(RegistryNodeCore.SingletonName) is not { } singleton)
                return;
            var (key, stamp) = (Key(1 + _random.Below(Keys)), new HybridTimestamp(++_stamp));
            var block = 1 + _random.Below(6);
            _world.AskFrom(peer, singleton, _random.Chance(0.3) ? new Unregister(key, stamp) : new Register(key, Block(block), 10 * block, stamp));
        }

        /// <summary>Who is silent for 2 s becomes suspect, and after 5 s is gone: as each node sees it, and sees it late.</summary>
        private void LookAround(RegistryPeer observer)
        {
            var members = new List<Member> { RegistryWorld.Describe(observer.Life, StateOf(observer)) };
            foreach (var other in _world.Peers.Where(other => other != observer))
            {
                var isSeen = !_world.IsBlocked(observer.Life.Node, other.Life.Node) && !_world.IsBlocked(other.Life.Node, observer.Life.Node);
                Note(observer, other.Life, isSeen);
                if (Silence(observer, other.Life) is not { } silence)
                    members.Add(RegistryWorld.Describe(other.Life, StateOf(other)));
                else if (silence.TotalSeconds < 5)
                    members.Add(RegistryWorld.Describe(other.Life, silence.TotalSeconds < 2 ? StateOf(other) : MemberState.Suspect));
            }
            foreach (var former in observer.Cluster?.Members.Members ?? [])
            {
                // A node that crashed, unless its next life is known.
                if (members.Exists(member => member.Node == former.Node))
                    continue;
                Note(observer, former.Life, isSeen: false);
                if (Silence(observer, former.Life) is { TotalSeconds: < 5 } silence)
                    members.Add(RegistryWorld.Describe(former.Life, silence.TotalSeconds < 2 ? former.State : MemberState.Suspect));
            }
            Member[] sorted = [.. members.OrderBy(static member => member.Node)];
            if (observer.Cluster is null || !observer.Cluster.Members.Members.AsSpan().SequenceEqual(sorted))
                _world.Show(observer, sorted);
        }

        private MemberState StateOf(RegistryPeer peer)
        {
            if (_leaving.Contains(peer.Life.Node))
                return MemberState.Leaving;
            return _world.Now - peer.Since < TimeSpan.FromSeconds(0.5) ? MemberState.Joining : MemberState.Up;
        }

        private void Note(RegistryPeer observer, NodeLife other, bool isSeen)
        {
            if (isSeen)
                _unseenSince.Remove((observer.Life.Node, other));
            else
                _unseenSince.TryAdd((observer.Life.Node, other), _world.Now);
        }

        private TimeSpan? Silence(RegistryPeer observer, NodeLife other) =>
            _unseenSince.TryGetValue((observer.Life.Node, other), out var since) ? _world.Now - since : null;

        private void OnAnswer(RegistryPeer server, RegistryAsk ask, object answer)
        {
            if (answer is not Registered)
                return;
            var entry = ask.Entry;
            _acknowledged.Add(entry);
            Assert.True(server.Knows(entry), $"seed {_seed}: {server.Life} acknowledged what it does not know");
            if (_world.Now - ask.At >= Settings.ReplicaWait)
                return;
            foreach (var member in server.Cluster!.Members.Members)
            {
                var replica = _world.Peers.FirstOrDefault(peer => peer.Life == member.Life);
                var isTold = replica is null || member.State == MemberState.Suspect || replica.Knows(entry);
                Assert.True(isTold, $"seed {_seed}: at {_world.Now} {server.Life} acknowledged {entry}, which {member} does not know");
            }
        }

        private void CheckEnd()
        {
            Assert.Equal((int)_nodes, _world.Peers.Count());
            var first = _world[1].Core.State;
            foreach (var peer in _world.Peers)
            {
                var live = peer.Core.State.Entries.Where(static entry => !entry.IsRemoved).OrderBy(static entry => entry.Key);
                Assert.True(first.Entries.Where(static entry => !entry.IsRemoved).OrderBy(static entry => entry.Key).SequenceEqual(live), $"seed {_seed}: {peer.Life} differs");
                foreach (var entry in _acknowledged)
                    Assert.True(entry.IsRemoved ? !Holds(peer, entry) : peer.Knows(entry), $"seed {_seed}: {peer.Life} lost {entry}");
            }
            Assert.True(_world.Peers.Count(static peer => peer.Core.IsServing) == 1, $"seed {_seed}: not one registry");
        }

        // A replica need not know of a withdrawal, but then it has no registration from before it.
        private static bool Holds(RegistryPeer peer, RegistryEntry withdrawal) =>
            peer.Core.State.TryGet(withdrawal.Key, out var held) && withdrawal.Overrules(held);
    }
}

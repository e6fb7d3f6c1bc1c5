using System.Globalization;
using Cascade.Core.Messages;
using Cascade.Core.Sharding;

namespace Cascade.Actors.Tests;

/// <summary>
/// Random runs: who takes shards changes at random and each node sees it late, entities linger or ask to be passivated, loaders take their time or never
/// answer, and every node tells all entities something all the while.
/// </summary>
public sealed class ShardingRandomTests
{
    private const int Nodes = 3;
    private const int Ids = 12;

    [Fact]
    public void Every_ask_is_answered_and_in_the_end_each_entity_is_where_it_belongs()
    {
        int replies = 0, moved = 0, starts = 0;
        SimulatedSystem.ForSeeds(150, seed =>
        {
            var run = new Run(seed);
            run.Disturb(150);
            run.Calm();
            replies += run.Replies;
            moved += run.Moved;
            starts += run.World.Seen.Count(static seen => seen.EndsWith(" start", StringComparison.Ordinal));
        });
        Assert.True(replies > 20_000 && moved > 1_000 && starts > 3_000, $"{replies} replies, {moved} moved, {starts} starts: too few to show anything.");
    }

    [Fact]
    public void Same_seed_gives_the_same_run() => SimulatedSystem.ForSeeds(3, seed =>
    {
        static List<string> Trace(ulong seed)
        {
            var run = new Run(seed);
            run.Disturb(60);
            return run.World.Seen;
        }

        Assert.Equal(Trace(seed), Trace(seed));
    });

    private sealed class Run
    {
        private static readonly ClusterShardingSettings Settings = ShardingWorld.Settings with
        {
            PassivateIdleEntityAfter = TimeSpan.FromSeconds(4),
            StopTimeout = TimeSpan.FromSeconds(2),
            LoadTimeout = TimeSpan.FromSeconds(3),
        };

        private readonly Random _random;
        private readonly List<Task<object>> _asks = [];
        private readonly LoaderBook[] _books = [.. Enumerable.Range(0, Nodes).Select(static _ => new LoaderBook())];
        private readonly bool _hasLittleRoom;
        private int[] _takers = [0, 1, 2];
        private int _asked;
        private int _seen;
        private bool _isCalm;

        public Run(ulong seed)
        {
            _random = new Random((int)seed);
            _hasLittleRoom = seed % 3 == 0;
            var settings = Settings with { EntitiesDecideOnPassivation = seed % 2 == 0, BufferSize = _hasLittleRoom ? 20 : 10_000 };
            World = new ShardingWorld(
                Nodes, settings, node => seed % 5 == 0 ? null : Props.Create(() => new Loader(_books[node.Number], () => _isCalm ? 0.5 : LoadSeconds())), seed);
        }

        public ShardingWorld World { get; }

        public int Replies => _asks.Count(static ask => ask.IsCompletedSuccessfully && ask.Result is string);

        public int Moved => _asks.Count(static ask => ask.IsCompletedSuccessfully && ask.Result is Core.Messages.Moved);

        public void Disturb(int steps)
        {
            for (var step = 0; step < steps; step++)
            {
                switch (_random.Next(12))
                {
                    case 0:
                        _takers = [.. Enumerable.Range(0, Nodes).Where(_ => _random.Next(3) > 0)];
                        break;
                    case 1:
                        World.Nodes[_random.Next(Nodes)].Publish(_takers);
                        break;
                    case 2:
                    case 3:
                        World.Nodes[_random.Next(Nodes)].Show(_takers);
                        break;
                    case 4:
                        Ask(Sender(), Id(), "linger");
                        break;
                    case 5:
                        Sender().Region.Tell($"{Id()}:passivate", null);
                        break;
                    default:
                        for (var i = _random.Next(6); i >= 0; i--) Ask(Sender(), Id(), "say");
                        break;
                }

                for (var turns = _random.Next(30); turns > 0; turns--) World.Dispatcher.RunOne();
                if (_random.Next(3) == 0) World.Advance(_random.NextDouble() * _random.NextDouble());
                CheckStarts();
            }
        }

        public void Calm()
        {
            _isCalm = true;
            _takers = _takers.Length == 0 ? [1] : _takers;
            World.ShowAll(_takers);
            var before = World.Seen.Count;
            // Shards load and entities of before still stop while these come.
            for (var i = 0; i < 300; i++)
            {
                Ask(Sender(), Id(), "say");
                for (var turns = _random.Next(10); turns > 0; turns--) World.Dispatcher.RunOne();
                if (_random.Next(20) == 0) World.Advance(0.2);
            }

            World.Advance(3);
            CheckStarts();
            CheckOrder(before);
            World.Advance(60);
            foreach (var node in World.Nodes)
            {
                for (var id = 0; id < Ids; id++)
                {
                    Ask(node, $"e{id}", "say");
                    World.Settle();
                    var owner = World.OwnerOf($"e{id}", _takers);
                    Assert.StartsWith($"{owner}/e{id} ", Assert.IsType<string>(_asks[^1].Result), StringComparison.Ordinal);
                }
            }

            Assert.Equal(Ids, World.Alive.Select(entity => entity.Id).Distinct().Count());
            Assert.All(World.Alive, entity => Assert.Equal(World.OwnerOf(entity.Id, _takers), entity.Node));
            Assert.Equal(Ids, World.Alive.Count);
            Assert.All(_asks, ask => Assert.True(IsAnswered(ask), $"{ask.Status} {ask.Exception?.InnerException}"));
            Assert.All(World.Nodes, node => Assert.Equal((0, 0), (node.Stats.MessagesHeld, node.Stats.ShardsLoading)));
            Assert.All(World.Nodes, node => Assert.Empty(node.Log.OfType<Error>()));
        }

        /// <summary>What is too much for an entity that stops fails at once; where there is room for much, nothing does.</summary>
        private bool IsAnswered(Task<object> ask) =>
            ask.IsCompletedSuccessfully ? ask.Result is string or Core.Messages.Moved : _hasLittleRoom && ask.Exception?.InnerException is MailboxFullException;

        /// <summary>Entities start only in shards that the loader has loaded.</summary>
        private void CheckStarts()
        {
            for (; _seen < World.Seen.Count; _seen++)
            {
                var (node, id, what) = Parse(World.Seen[_seen]);
                if (what == "start" && _books[node].IsUsed)
                    Assert.True(_books[node].EverLoaded.Contains(ShardMap.ShardOf(id)), $"{World.Seen[_seen]} before its shard was loaded.");
            }
        }

        /// <summary>From one sender to one entity in order, whatever was held on the way.</summary>
        private void CheckOrder(int from)
        {
            var last = new Dictionary<(string Id, string Sender), int>();
            foreach (var (_, id, what) in World.Seen.Skip(from).Select(Parse))
            {
                var words = what.Split(' ');
                if (words is not ["say", var sender, var number]) continue;
                var ordinal = int.Parse(number, CultureInfo.InvariantCulture);
                Assert.True(ordinal > last.GetValueOrDefault((id, sender), -1), $"{id} got {what} after {last.GetValueOrDefault((id, sender))}.");
                last[(id, sender)] = ordinal;
            }

            Assert.NotEmpty(last);
        }

        private void Ask(ShardingNode from, string id, string text) =>
            _asks.Add(from.Region.Ask<object>($"{id}:{text}{(text == "say" ? $" {from.Number} {_asked++}" : "")}", TimeSpan.FromSeconds(50)));

        private ShardingNode Sender() => World.Nodes[_random.Next(Nodes)];

        private string Id() => $"e{_random.Next(Ids)}";

        private double LoadSeconds() => _random.Next(8) == 0 ? -1 : _random.NextDouble() * _random.NextDouble() * 4;

        private static (int Node, string Id, string What) Parse(string seen)
        {
            var (slash, space) = (seen.IndexOf('/', StringComparison.Ordinal), seen.IndexOf(' ', StringComparison.Ordinal));
            return (int.Parse(seen[..slash], CultureInfo.InvariantCulture), seen[(slash + 1)..space], seen[(space + 1)..]);
        }
    }

    private sealed class LoaderBook
    {
        public bool IsUsed { get; set; }

        public ShardSet Has { get; } = new();

        public ShardSet EverLoaded { get; } = new();

        public long Round { get; set; }
    }

    /// <summary>Answers after a time that is drawn for each half of what it is to load, or never.</summary>
    private sealed class Loader : ReceiveActor, IWithTimers
    {
        public Loader(LoaderBook book, Func<double> seconds)
        {
            book.IsUsed = true;
            Receive<LoadShards>(load =>
            {
                Assert.True(load.Round > book.Round);
                book.Round = load.Round;
                var halves = new[] { new ShardSet(), new ShardSet() };
                foreach (var shard in load.Shards.Shards())
                {
                    book.Has.Add(shard);
                    halves[shard & 1].Add(shard);
                }

                foreach (var half in halves)
                {
                    if (seconds() is >= 0 and var wait)
                        Timers.StartSingleTimer(half, new Loaded(new ShardsLoaded(half, load.Round), Sender), TimeSpan.FromSeconds(wait));
                }
            });
            Receive<Loaded>(done =>
            {
                foreach (var shard in done.Reply.Shards.Shards()) book.EverLoaded.Add(shard);
                done.Region.Tell(done.Reply);
            });
            Receive<ShardsLost>(lost =>
            {
                foreach (var shard in lost.Shards.Shards()) Assert.True(book.Has.Remove(shard), $"{shard} was lost and never taken.");
            });
        }

        public ITimerScheduler Timers { get; set; } = null!;

        private sealed record Loaded(ShardsLoaded Reply, IActorRef Region);
    }
}

using Cascade.Core.Clocks;
using Cascade.Core.Indices;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using static Cascade.Core.Tests.Indices.Digests;

namespace Cascade.Core.Tests.Indices;

public class KeyIndexPropertyTests
{
    private const int Seeds = 200;

    [Fact]
    public void Merge_is_commutative_associative_and_idempotent()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var (a, b, c) = (RandomEntries(random), RandomEntries(random), RandomEntries(random));

            Same(seed, Merged(a, b), Merged(b, a));
            Same(seed, Merged(Merged(a, b), c), Merged(a, Merged(b, c)));
            Same(seed, Merged(a, a), Merged(a, []));
            Same(seed, Merged(Merged(a, b), b), Merged(a, b));
        }
    }

    [Fact]
    public void Replicas_that_saw_the_same_messages_in_any_order_agree()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var messages = Enumerable.Range(0, 120).Select(_ => RandomMessage(random)).ToArray();
            var shuffled = messages.Concat(messages.Take(30)).ToArray();
            random.Shuffle(shuffled);

            Same(seed, After(messages), After(shuffled));
        }
    }

    [Fact]
    public void Random_use_agrees_with_a_dictionary()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var index = new KeyIndexCore(new KeyIndexSettings());
            var model = new Dictionary<int, (int Block, ulong Stamp)>();
            var outbox = new Outbox();
            for (var step = 0; step < 400; step++)
            {
                var (key, block) = (random.Next(200), 1 + random.Next(5));
                var stamp = (ulong)(step + 1);
                IKeyMessage message = random.Next(4) switch
                {
                    0 or 1 => new Bind(new KeyBinding(Key(key + 1), default, 0, new HybridTimestamp(stamp)), Block(block)),
                    2 => new Unbind(Key(key + 1), new HybridTimestamp(stamp)),
                    _ => new Forget(Key(key + 1), Block(block), new HybridTimestamp(model.GetValueOrDefault(key).Stamp)),
                };
                if (message is Bind)
                    model[key] = (block, stamp);
                else if (message is Unbind || model.GetValueOrDefault(key).Block == block)
                    model.Remove(key);
                index.Handle(TimeSpan.Zero, this, message, outbox);
                outbox.Clear();
                index.Handle(TimeSpan.Zero, this, new Lookup(Key(key + 1)), outbox);
                var named = Assert.Single(outbox.Effects).Message is Found found ? found.Id : default;
                outbox.Clear();
                var expected = model.TryGetValue(key, out var held) ? Block(held.Block) : default;
                Assert.True(named == expected, $"seed {seed}, step {step}: key {key} names {named}, not {expected}");
                Assert.True(index.Keys == model.Count, $"seed {seed}, step {step}: {index.Keys} keys, not {model.Count}");
            }
        }
    }

    private static IReadOnlyList<KeyIndexEntry> After(IEnumerable<IKeyMessage> messages)
    {
        var index = new KeyIndexCore(new KeyIndexSettings());
        foreach (var message in messages)
            index.Handle(TimeSpan.Zero, index, message, new Outbox());
        return index.Snapshot();
    }

    private static IReadOnlyList<KeyIndexEntry> Merged(IReadOnlyList<KeyIndexEntry> one, IReadOnlyList<KeyIndexEntry> other)
    {
        var index = new KeyIndexCore(new KeyIndexSettings());
        Assert.Equal(0, index.Merge(TimeSpan.Zero, one) + index.Merge(TimeSpan.Zero, other));
        return index.Snapshot();
    }

    private static IReadOnlyList<KeyIndexEntry> RandomEntries(Random random) =>
        After(Enumerable.Range(0, random.Next(60)).Select(_ => RandomMessage(random)));

    private static IKeyMessage RandomMessage(Random random)
    {
        var (key, stamp) = (Key(1 + random.Next(20)), new HybridTimestamp((ulong)random.Next(10)));
        return random.Next(3) == 0
            ? new Unbind(key, stamp)
            : new Bind(new KeyBinding(key, Key(random.Next(3)), random.Next(3), stamp), Block(1 + random.Next(4)));
    }

    private static void Same(int seed, IReadOnlyList<KeyIndexEntry> one, IReadOnlyList<KeyIndexEntry> other) =>
        Assert.True(one.SequenceEqual(other), $"seed {seed}: {one.Count} and {other.Count} entries differ");
}

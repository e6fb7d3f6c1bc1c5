using Cascade.Core.Clocks;
using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Registry;
using static Cascade.Core.Tests.Indices.Digests;

namespace Cascade.Core.Tests.Registry;

public class PrefixRegistryCoreTests
{
    private static readonly RegistrySettings Settings = new()
    {
        QuotaBytes = 100,
        MaxKeys = 4,
        MaxTombstones = 2,
        TombstoneAge = TimeSpan.FromSeconds(10),
    };

    private readonly PrefixRegistryCore _registry = new(Settings);

    [Fact]
    public void Block_under_several_keys_counts_once()
    {
        Assert.Equal(new Registered(60, 100), Ask(Register(1, 1, 60, 1)));
        Assert.Equal(new Registered(60, 100), Ask(Register(2, 1, 60, 1)));
        Assert.Equal(new Registered(60, 100), Ask(Register(2, 1, 60, 1)));
        Assert.Equal(new Registered(60, 100), Ask(Unregister(1, 2)));
        Assert.True(_registry.State.Contains(Block(1)));
        Assert.Equal(new Registered(0, 100), Ask(Unregister(2, 2)));
        Assert.False(_registry.State.Contains(Block(1)));
    }

    [Fact]
    public void Owner_of_a_block_that_a_key_registers_no_longer_is_told()
    {
        Ask(Register(1, 1, 10, 1));
        Assert.Equal([new Effect(Destination.Owners, new Unprotect(Block(1), Key(1)))], Handle(Register(1, 2, 10, 2)).Where(e => e.To != this));
        Assert.Equal([new Effect(Destination.Owners, new Unprotect(Block(2), Key(1)))], Handle(Unregister(1, 3)).Where(e => e.To != this));

        // Nothing changes: again, too late, or never registered.
        Assert.Single(Handle(Unregister(1, 4)));
        Assert.Single(Handle(Register(1, 1, 10, 2)));
        Assert.Single(Handle(Unregister(9, 1)));
        Ask(Register(3, 1, 10, 5));
        Assert.Single(Handle(Register(3, 1, 10, 6)));
    }

    [Fact]
    public void Registration_past_the_quota_changes_nothing()
    {
        Ask(Register(1, 1, 60, 1));
        var before = _registry.State;
        Assert.Equal(new QuotaExceeded(41, 60, 100), Ask(Register(2, 2, 41, 1)));
        Assert.Same(before, _registry.State);
        Assert.Equal(new Registered(100, 100), Ask(Register(2, 2, 40, 1)));
    }

    [Fact]
    public void Key_that_moves_to_another_block_frees_the_former_one()
    {
        Ask(Register(1, 1, 60, 1));
        Assert.Equal(new Registered(90, 100), Ask(Register(1, 2, 90, 2)));
        Assert.False(_registry.State.Contains(Block(1)));
        Assert.Equal(new Registered(90, 100), Ask(Register(1, 1, 60, 1)));
        Assert.True(_registry.State.Contains(Block(2)));
    }

    [Fact]
    public void Merge_may_exceed_the_quota_and_drops_nothing()
    {
        var other = new PrefixRegistryCore(Settings);
        other.Handle(TimeSpan.Zero, Register(2, 2, 80, 1), new Outbox());
        Ask(Register(1, 1, 60, 1));
        _registry.Merge(TimeSpan.Zero, other.State.Entries);

        Assert.Equal(140, _registry.State.UsedBytes);
        Assert.Equal(new QuotaExceeded(1, 140, 100), Ask(Register(3, 3, 1, 2)));
        Assert.Equal(new Registered(140, 100), Ask(Register(3, 1, 60, 2)));
        Assert.Equal(new Registered(60, 100), Ask(Unregister(2, 3)));
    }

    [Fact]
    public void Withdrawal_holds_against_earlier_registrations_until_it_is_forgotten()
    {
        Ask(Unregister(1, 5));
        Assert.Equal(new Registered(0, 100), Ask(Register(1, 1, 60, 4)));
        Assert.Equal(TimeSpan.FromSeconds(10), _registry.NextDeadline);
        _registry.Tick(TimeSpan.FromSeconds(10));
        Assert.Empty(_registry.State.Entries);
        Assert.Equal(new Registered(60, 100), Ask(Register(1, 1, 60, 4)));
    }

    [Fact]
    public void Tombstones_are_bounded_in_number_also_by_a_merge()
    {
        var other = new PrefixRegistryCore(Settings with { MaxTombstones = 10 });
        for (var key = 1; key <= 5; key++)
            other.Handle(TimeSpan.Zero, Unregister(key, 5), new Outbox());
        _registry.Merge(TimeSpan.Zero, other.State.Entries);
        _registry.Merge(TimeSpan.Zero, _registry.State.Entries);
        Assert.Equal(2, _registry.State.Entries.Count());
    }

    [Fact]
    public void Keys_are_bounded_and_requests_checked()
    {
        for (var key = 1; key <= 4; key++)
            Ask(Register(key, 1, 10, 1));
        Assert.IsType<Refused>(Ask(Register(5, 1, 10, 1)));
        Assert.IsType<Refused>(Ask(Register(1, 1, 0, 2)));
        Assert.Equal(4, _registry.State.Keys);
    }

    [Fact]
    public void Replica_sees_the_state_that_was_published_last()
    {
        var replica = new RegistryReplica();
        Assert.False(replica.Contains(Block(1)));
        Ask(Register(1, 1, 60, 1));
        replica.Publish(_registry.State);
        Assert.True(replica.Contains(Block(1)));
        Ask(Unregister(1, 2));
        replica.Publish(_registry.State);
        Assert.False(replica.Contains(Block(1)));
        Assert.Same(_registry.State, replica.State);
    }

    [Fact]
    public void Merge_is_commutative_associative_and_idempotent_and_counts_bytes_exactly()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var (a, b, c) = (RandomState(random), RandomState(random), RandomState(random));
            Assert.True(a.Merge(b).Equals(b.Merge(a)), $"seed {seed}: order matters");
            Assert.True(a.Merge(b).Merge(c).Equals(a.Merge(b.Merge(c))), $"seed {seed}: grouping matters");
            Assert.True(a.Merge(a).Equals(a), $"seed {seed}: repetition matters");
            Assert.True(a.Merge(b).Merge(b).Equals(a.Merge(b)), $"seed {seed}: repetition matters");

            var merged = a.Merge(b).Merge(c);
            var live = merged.Entries.Where(entry => !entry.IsRemoved).ToArray();
            var bytes = live.GroupBy(entry => entry.Id).Sum(uses => uses.Max(entry => entry.LengthBytes));
            Assert.True(merged.UsedBytes == bytes, $"seed {seed}: {merged.UsedBytes} bytes are counted, {bytes} are registered");
            Assert.Equal(live.Length, merged.Keys);
            Assert.Equal(live.Aggregate(RegistryState.Empty, static (state, entry) => state.With(entry)).Digest, merged.Digest);
            Assert.True(live.Length == 0 || merged.Digest != 0, $"seed {seed}: the digest tells nothing");
            Assert.Equal(live.Select(entry => entry.Id).Distinct().Order(), merged.Blocks.Order());
        }
    }

    private static RegistryState RandomState(Random random)
    {
        var state = RegistryState.Empty;
        for (var i = random.Next(40); i > 0; i--)
        {
            var (key, stamp) = (Key(1 + random.Next(10)), new HybridTimestamp((ulong)random.Next(8)));
            // Lengths that contradict each other, too: the count must not drift even then.
            state = state.With(random.Next(3) == 0
                ? RegistryEntry.Removed(key, stamp)
                : new RegistryEntry(key, Block(1 + random.Next(4)), 1 + random.Next(3), stamp, IsRemoved: false));
        }
        return state;
    }

    private object Ask(IRegistryMessage message) => Assert.Single(Handle(message), effect => effect.To == this).Message;

    private IReadOnlyList<Effect> Handle(IRegistryMessage message)
    {
        var outbox = new Outbox();
        outbox.Send(this, _registry.Handle(TimeSpan.Zero, message, outbox));
        return outbox.Effects;
    }

    private static Register Register(int key, int block, long lengthBytes, ulong stamp) =>
        new(Key(key), Block(block), lengthBytes, new HybridTimestamp(stamp));

    private static Unregister Unregister(int key, ulong stamp) => new(Key(key), new HybridTimestamp(stamp));
}

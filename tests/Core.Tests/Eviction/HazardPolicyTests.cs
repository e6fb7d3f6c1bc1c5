using Cascade.Core.Eviction;

namespace Cascade.Core.Tests.Eviction;

public class HazardPolicyTests
{
    private const int Slots = 16;
    private static readonly Func<uint, bool> Any = static _ => true;

    private readonly HazardPolicy _policy = new(Slots);

    [Fact]
    public void Chain_goes_from_its_leaf_to_its_root()
    {
        Admit(1, 0);
        Admit(2, 1);
        Admit(3, 2);

        Assert.Equal([3, 2, 1], [Evict(), Evict(), Evict()]);
        Assert.False(_policy.TryPickVictim(Any, out _));
    }

    [Fact]
    public void Oldest_request_goes_whole_before_the_next_is_begun()
    {
        Admit(1, 0);
        Admit(2, 1);
        Admit(3, 0);
        Admit(4, 3);

        Assert.Equal([2, 1, 4, 3], [Evict(), Evict(), Evict(), Evict()]);
    }

    [Fact]
    public void Block_without_its_parent_goes_before_all_others()
    {
        Admit(1, 0);
        Admit(2, 0);
        Admit(4, 3);

        Assert.Equal(4, Evict());
    }

    [Fact]
    public void Chain_without_its_head_goes_before_all_others_and_stays_when_the_head_has_come_back()
    {
        Admit(1, 0);
        Admit(4, 3);
        Admit(5, 4);
        Admit(6, 5);
        Admit(2, 0);
        Assert.Equal([6, 5], [Evict(), Evict()]);

        Admit(7, 4);
        Admit(3, 0);
        for (var access = 0; access < Slots; access++)
            Read(2);
        Assert.Equal(1, Evict());
    }

    [Fact]
    public void Block_whose_parent_came_after_it_keeps_the_parent_and_is_an_orphan_no_more()
    {
        Admit(4, 3);
        Admit(5, 0);
        Admit(3, 0);

        // All slots are looked at in the time of four accesses; 5 is then the oldest leaf.
        Read(5, 3, 4);
        Read(3, 4, 4);

        Assert.Equal([5, 4, 3], [Evict(), Evict(), Evict()]);
    }

    [Fact]
    public void Block_whose_parent_was_deleted_goes_before_all_others()
    {
        Admit(1, 0);
        Admit(3, 0);
        Admit(4, 3);
        _policy.Remove(3, evicted: false);
        Read(1, 4, 1, 4, 1, 4);

        Assert.Equal([4, 1], [Evict(), Evict()]);
    }

    [Fact]
    public void Refused_block_stays_and_is_asked_about_last()
    {
        Admit(1, 0);
        Admit(2, 0);
        Admit(3, 0);

        Assert.Equal(2, Evict(static slot => slot != 1));
        Assert.Equal(3, Evict());
        Assert.Equal(1, Evict());
    }

    [Fact]
    public void Nothing_is_picked_when_all_is_refused_and_each_is_asked_about_once()
    {
        for (var block = 1; block <= 5; block++)
            Admit(block, 0);
        var asked = new List<uint>();

        Assert.False(_policy.TryPickVictim(slot => Note(asked, slot), out _));
        Assert.Equal([1U, 2, 3, 4, 5], asked.Order().ToArray());
        asked.Clear();
        Assert.False(_policy.TryPickVictim(slot => Note(asked, slot), out _));
        Assert.Equal([1U, 2, 3, 4, 5], asked.Order().ToArray());
    }

    [Fact]
    public void Parent_of_a_refused_child_is_not_picked()
    {
        Admit(1, 0);
        Admit(2, 1);

        Assert.False(_policy.TryPickVictim(static slot => slot != 2, out _));
    }

    [Fact]
    public void Larger_block_of_the_same_kind_goes_first()
    {
        Admit(1, 0, 1 << 20);
        Admit(2, 0, 4 << 20);
        Admit(3, 0, 1 << 20);

        Assert.Equal(2, Evict());
    }

    [Fact]
    public void Block_is_worth_no_room_without_its_parent()
    {
        Admit(1, 0);

        Assert.False(_policy.WouldKeep(PolicyHarness.Binding(3, 2), 1));
        Assert.True(_policy.WouldKeep(PolicyHarness.Binding(2, 1), 1));
    }

    [Fact]
    public void Block_that_was_refused_a_place_is_known_when_it_returns()
    {
        _policy.Refuse(PolicyHarness.Binding(1, 0));
        Admit(1, 0);
        Admit(2, 0);

        Assert.Equal(1, _policy.FrequencyOf(1));
        Assert.Equal(0, _policy.FrequencyOf(2));
    }

    [Fact]
    public void Block_that_was_given_up_is_known_when_it_returns_and_one_that_was_deleted_is_not()
    {
        Admit(1, 0);
        Admit(2, 0);
        _policy.Remove(1, evicted: true);
        _policy.Remove(2, evicted: false);
        Admit(1, 0);
        Admit(2, 0);

        Assert.Equal((1, 0), (_policy.FrequencyOf(1), _policy.FrequencyOf(2)));
    }

    [Fact]
    public void Reads_count_up_to_three_and_not_in_empty_slots()
    {
        Admit(1, 0);
        Read(1, 1, 1, 1, 1, 9);

        Assert.Equal((3, 0), (_policy.FrequencyOf(1), _policy.FrequencyOf(9)));
        Assert.Equal(0, _policy.ChanceOfReuse(9));
    }

    [Fact]
    public void Slot_takes_one_block_at_a_time()
    {
        Admit(1, 0);

        Assert.Throws<InvalidOperationException>(() => Admit(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new HazardPolicy(0));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new HazardPolicy(500_000_001));
    }

    [Fact]
    public void Later_of_two_slots_under_one_key_is_the_parent()
    {
        Admit(1, 0);
        Admit(2, 1);
        _policy.Admit(10, PolicyHarness.Binding(1, 0), 1);

        Assert.Equal([1, 2, 10], [Evict(), Evict(), Evict()]);
    }

    [Fact]
    public void Blocks_without_keys_are_tracked()
    {
        _policy.Admit(1, default, 1);
        _policy.Admit(2, default, 1);

        Assert.Equal([1, 2], [Evict(), Evict()]);
        Assert.Equal(0, _policy.Count);
    }

    private static bool Note(List<uint> asked, uint slot)
    {
        asked.Add(slot);
        return false;
    }

    /// <summary>The block stands in the slot of its number.</summary>
    private void Admit(int block, int parent, long lengthBytes = 1) => _policy.Admit((uint)block, PolicyHarness.Binding(block, parent), lengthBytes);

    private void Read(params int[] blocks)
    {
        foreach (var block in blocks)
        {
            _policy.Touch((uint)block);
            _policy.Settle();
        }
    }

    private int Evict(Func<uint, bool>? mayEvict = null)
    {
        Assert.True(_policy.TryPickVictim(mayEvict ?? Any, out var slot));
        _policy.Remove(slot, evicted: true);
        return (int)slot;
    }
}

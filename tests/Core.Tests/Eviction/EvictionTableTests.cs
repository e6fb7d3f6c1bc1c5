using Cascade.Core.Eviction;

namespace Cascade.Core.Tests.Eviction;

/// <summary>The tables under the policy, against plain ones.</summary>
public class EvictionTableTests
{
    [Fact]
    public void Slots_are_found_by_key_whatever_came_and_went()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var blocks = new TrackedBlock[40];
            var slots = new KeySlots(blocks);
            var expected = new Dictionary<ulong, int>();
            for (var step = 0; step < 2_000; step++)
            {
                var slot = random.Next(blocks.Length);
                if (blocks[slot].Key != 0)
                {
                    var isShown = expected.GetValueOrDefault(blocks[slot].Key, -1) == slot;
                    Assert.Equal(isShown, slots.Remove(slot));
                    if (isShown)
                        expected.Remove(blocks[slot].Key);
                    blocks[slot].Key = 0;
                }
                else
                {
                    // Few keys in few places, so that they meet.
                    blocks[slot].Key = (ulong)random.Next(1, 60);
                    slots.Set(slot);
                    expected[blocks[slot].Key] = slot;
                }
                for (ulong key = 1; key < 60; key++)
                    Assert.Equal(expected.GetValueOrDefault(key, -1), slots.Find(key));
            }
        }
    }

    [Fact]
    public void Full_set_forgets_the_block_unused_for_longest_also_when_the_clock_has_run_over()
    {
        var remembered = new RememberedBlocks(4);
        var now = uint.MaxValue - 1;
        for (ulong key = 1; key <= 4; key++)
            Assert.False(remembered.Remember(key, new BlockHistory(now + (uint)key, (byte)key, 0, 0, 0), now + 4, out _));

        Assert.True(remembered.Remember(5, new BlockHistory(now + 5, 5, 0, 0, 0), now + 5, out var forgotten));
        Assert.Equal(1, forgotten.Uses);
        Assert.Equal(-1, remembered.Find(1));
        Assert.Equal(4, remembered[remembered.Find(4)].Uses);
        remembered.Forget(remembered.Find(4));
        Assert.Equal(-1, remembered.Find(4));
    }

    [Fact]
    public void Ages_fall_into_steps_that_grow_by_a_quarter()
    {
        var scale = new AgeScale(16_000);

        Assert.Equal([0, 0, 1, 1, 2, 4, 43], new uint[] { 0, 999, 1_000, 1_258, 1_260, 2_000, uint.MaxValue }.Select(scale.StepOf).ToArray());
        Assert.Equal(1_000, scale.WidthOf(0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16_000)]
    [InlineData(1_000_003)]
    [InlineData(400_000_000)]
    public void Each_age_is_in_the_step_whose_bounds_it_is_between(int slotCount)
    {
        var scale = new AgeScale(slotCount);
        double start = 0;
        for (var step = 0; step < AgeScale.Steps; step++)
        {
            var end = start + scale.WidthOf(step);
            for (var part = 0; part < 64; part++)
                AssertIn(step, start, (uint)(start + (scale.WidthOf(step) * part / 64)));
            AssertIn(step, start, (uint)(end - 1));
            start = end;
        }

        void AssertIn(int step, double from, uint age)
        {
            // Where ages are too great to be told apart, steps have no width.
            if (age >= from && scale.WidthOf(step) > 0)
                Assert.Equal(step, scale.StepOf(age));
        }
    }

    [Fact]
    public void Pauses_fall_into_classes_by_doublings()
    {
        var scale = new AgeScale(16_000);

        Assert.Equal([1, 1, 2, 3, 4, 5, 11, 11], new uint[] { 0, 249, 250, 500, 1_000, 2_000, 128_000, uint.MaxValue }.Select(scale.PauseClassOf).ToArray());
    }

    [Fact]
    public void Child_inherits_the_past_of_a_conversation_but_not_of_a_shared_block()
    {
        var first = BlockHistory.First(1, depth: 9, isParentKnown: false, default);
        var turn = (first with { Uses = 3, NewBefore = 0, Followers = 2 }).Again(7, pause: 5);
        var shared = turn with { Followers = 3 };

        Assert.Equal((0, 1, 0, 0, 1), (first.Uses, first.NewBefore, first.Followers, first.Pause, first.DepthClass));
        Assert.Equal((4, 0, 2, 5, 1), (turn.Uses, turn.NewBefore, turn.Followers, turn.Pause, turn.DepthClass));
        var child = BlockHistory.First(9, depth: 15, isParentKnown: true, turn);
        Assert.Equal((4, 1, 0, 5, 2), (child.Uses, child.NewBefore, child.Followers, child.Pause, child.DepthClass));
        var opening = BlockHistory.First(9, depth: 10, isParentKnown: true, shared);
        Assert.Equal((0, 1, 0, 0, 1), (opening.Uses, opening.NewBefore, opening.Followers, opening.Pause, opening.DepthClass));
        Assert.Equal(3, BlockHistory.First(9, depth: 10, isParentKnown: true, turn with { NewBefore = 2 }).NewBefore);
        Assert.Equal((3, 3), (turn.Followed(isNew: true).Followers, shared.Followed(isNew: false).Followers));
        Assert.Equal(1, first.Followed(isNew: false).Followers);
    }

    [Fact]
    public void Kinds_are_numbered_without_gaps_or_overlaps()
    {
        var histories =
            from uses in new byte[] { 0, 1, 2, 3, 4, 7, 31, 255 }
            from newBefore in new byte[] { 0, 1, 3, 7, 255 }
            from pause in Enumerable.Range(0, AgeScale.PauseClasses)
            from followers in new byte[] { 0, 3, 9 }
            from depth in new[] { 0, 3, 15, 1_000 }
            let place = BlockHistory.First(0, depth, isParentKnown: false, default).Again(0, pause)
            select place with { Uses = uses, NewBefore = newBefore, Followers = followers };
        var kinds = new HashSet<int>();
        foreach (var history in histories)
        {
            Assert.True(kinds.Add(history.Kind));
            Assert.Equal((history with { Followers = Math.Max((byte)1, history.Followers) }).Kind, history.KindWhenFollowed);
            Assert.Equal(history.Followers == 9, BlockHistory.IsShared(history.Kind));
        }
        Assert.Equal((0, BlockHistory.Kinds - 1, BlockHistory.Kinds), (kinds.Min(), kinds.Max(), kinds.Count));
    }

    [Fact]
    public void Factors_are_the_ratio_of_hits_where_all_else_is_equal()
    {
        // Of each kind 1,000 blocks reach step 5; one in ten of the first kind is read there, and one in fifty of the second.
        var (often, seldom) = (new BlockHistory(0, 1, 0, 1, 0).Kind, new BlockHistory(0, 2, 0, 1, 0).Kind);
        var model = new ReuseModel();
        Count(model, often, hits: 1_000);
        Count(model, seldom, hits: 200);
        for (var fit = 0; fit < 50; fit++)
            model.Fit();

        Assert.InRange(model.FactorOf(often) / model.FactorOf(seldom), 4, 6);
        Assert.InRange(model.Baseline(isShared: false)[5] * model.FactorOf(often), 0.08, 0.13);
        Assert.InRange(model.Baseline(isShared: false)[4] * model.FactorOf(often), 0, 0.001);
    }

    [Fact]
    public void Worth_takes_account_of_a_wait_that_ends_in_a_hit()
    {
        // Nothing is ever read before step 20; then it is, surely.
        var kind = new BlockHistory(0, 1, 0, 1, 0).Kind;
        var model = new ReuseModel();
        for (var block = 0; block < 100_000; block++)
            model.CountHit(kind, 20);
        for (var fit = 0; fit < 20; fit++)
            model.Fit();
        var worth = new WorthTable(new AgeScale(1_000), model);

        Assert.True(worth.RankOf(kind, 0, 10) > worth.RankOf(kind, 0, 0));
        Assert.True(worth.RankOf(kind, 0, 19) > worth.RankOf(kind, 0, 10));
        Assert.True(worth.RankOf(kind, 0, 19) > worth.RankOf(kind, 0, 30));
        Assert.True(worth.RankOf(kind, 0, 10) > worth.RankOf(kind, -WorthTable.LevelsPerDoubling, 10));
        Assert.InRange(worth.ChanceOf(kind, 0), 0.7, 1);
    }

    [Fact]
    public void Worth_is_the_best_rate_of_all_moments_of_giving_up()
    {
        var scale = new AgeScale(1_000);
        var kind = new BlockHistory(0, 1, 0, 1, 0).Kind;
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var model = new ReuseModel();
            for (var group = 0; group < 30; group++)
            {
                var step = random.Next(AgeScale.Steps);
                for (var block = random.Next(3_000); block > 0; block--)
                    CountOne(model, kind, step, isHit: group % 3 == 0);
            }
            for (var fit = 0; fit < 1 + (seed % 5); fit++)
                model.Fit();
            var worth = new WorthTable(scale, model);
            var level = Math.Round(Math.Log2(model.FactorOf(kind)) * WorthTable.LevelsPerDoubling) / WorthTable.LevelsPerDoubling;
            for (var step = 0; step < AgeScale.Steps; step++)
            {
                var (rank, chance) = LookAhead(scale, model, Math.Pow(2, level), step);
                Assert.InRange(worth.RankOf(kind, 0, step), rank - 1, rank + 1);
                Assert.Equal(chance, worth.ChanceOf(kind, step), 1e-5);
            }
        }
    }

    [Fact]
    public void Kinds_that_occur_no_more_make_room_for_others()
    {
        var model = new ReuseModel();
        for (var kind = 0; kind < BlockHistory.Kinds; kind++)
            model.CountHit(kind, 5);
        for (var fit = 0; fit < 700; fit++)
            model.Fit();
        var late = BlockHistory.Kinds - 1;
        for (var fit = 0; fit < 20; fit++)
        {
            for (var block = 0; block < 1_000; block++)
                model.CountForgotten(late, 40);
            model.Fit();
        }

        // Without a row of its own the kind would be judged as it was at first.
        Assert.InRange(model.FactorOf(late), 0, 0.5);
    }

    [Fact]
    public void Reads_noted_by_many_threads_are_taken_once_each_and_in_order()
    {
        var touches = new TouchBuffer(10_000);
        touches.Note(5);
        touches.Note(3);
        touches.Note(5);
        Assert.Equal([5, 3], TakeAll(touches));

        Parallel.For(0, 4, thread =>
        {
            for (uint slot = 0; slot < 10_000; slot++)
                touches.Note(slot);
        });
        var taken = TakeAll(touches);

        // The ring holds 4,096; those that met may be lost, or noted by both.
        Assert.InRange(taken.Distinct().Count(), 1, 4_096);
        Assert.True(taken.Count <= 4_096);
        touches.Note(9_999);
        Assert.Equal([9_999], TakeAll(touches));
    }

    private static void CountOne(ReuseModel model, int kind, int step, bool isHit)
    {
        if (isHit)
            model.CountHit(kind, step);
        else
            model.CountForgotten(kind, step);
    }

    /// <summary>Tries each moment of giving up, from the middle of a step on.</summary>
    private static (int Rank, double Chance) LookAhead(AgeScale scale, ReuseModel model, double factor, int from)
    {
        double waiting = 1, hits = 0, time = 0, best = 0;
        for (var step = from; step < AgeScale.Steps - 1; step++)
        {
            var share = (1 - Math.Exp(-factor * model.Baseline(isShared: false)[step])) * (step == from ? 0.5 : 1);
            time += scale.WidthOf(step) * (step == from ? 0.5 : 1) * waiting * (1 - (share / 2));
            hits += waiting * share;
            waiting *= 1 - share;
            best = Math.Max(best, hits / time);
        }

        // 256 ranks for each doubling, the least of 48.
        var rank = (int)(BitConverter.SingleToUInt32Bits((float)best) >> 15) - ((127 - 48) << 8);
        return (Math.Clamp(rank, 1, WorthTable.RankMax), hits);
    }

    private static void Count(ReuseModel model, int kind, int hits)
    {
        for (var block = 0; block < 10_000; block++)
        {
            if (block < hits)
                model.CountHit(kind, 5);
            else
                model.CountForgotten(kind, 30);
        }
    }

    private static List<int> TakeAll(TouchBuffer touches)
    {
        var taken = new List<int>();
        while (touches.TryTake(out var slot))
            taken.Add(slot);
        return taken;
    }
}

using Cascade.Tiers.Mpi;

namespace Cascade.Mpi.Tests;

public sealed class BouncePoolTests
{
    [Fact]
    public void No_more_pieces_are_made_than_are_allowed()
    {
        using var pool = new BouncePool(4096, 2);
        Assert.True(pool.TryTake(out var first));
        Assert.True(pool.TryTake(out var second));
        Assert.False(pool.TryTake(out _));
        Assert.NotEqual(first, second);
        pool.Return(first);
        pool.Return(second);
    }

    [Fact]
    public void The_piece_that_was_returned_last_is_taken_first()
    {
        using var pool = new BouncePool(4096, 2);
        Assert.True(pool.TryTake(out var first));
        Assert.True(pool.TryTake(out var second));
        pool.Return(first);
        pool.Return(second);
        Assert.True(pool.TryTake(out var taken));
        Assert.Equal(second, taken);
        pool.Return(taken);
    }

    [Fact]
    public void A_lost_piece_is_not_given_out_and_another_may_take_its_place()
    {
        using var pool = new BouncePool(4096, 1);
        Assert.True(pool.TryTake(out var lost));
        pool.Lose(lost);
        Assert.Equal(0, pool.Live);
        Assert.True(pool.TryTake(out var other));
        Assert.NotEqual(lost, other);
        Assert.False(pool.TryTake(out _));
        pool.Return(other);
        pool.Regain(lost);
        Assert.Equal(1, pool.Live);
    }

    [Fact]
    public void A_piece_that_comes_back_is_given_out_where_there_is_none_in_its_place()
    {
        using var pool = new BouncePool(4096, 1);
        Assert.True(pool.TryTake(out var lost));
        pool.Lose(lost);
        pool.Regain(lost);
        Assert.True(pool.TryTake(out var taken));
        Assert.Equal(lost, taken);
        pool.Return(taken);
    }
}

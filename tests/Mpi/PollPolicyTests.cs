using Cascade.Tiers.Mpi;

namespace Cascade.Mpi.Tests;

public sealed class PollPolicyTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMicroseconds(1);
    private static readonly TimeSpan Long = TimeSpan.FromMicroseconds(4);

    [Fact]
    public void Short_polls_are_each_followed_by_a_rest()
    {
        var policy = new PollPolicy(TimeSpan.FromMicroseconds(3), 400);
        Assert.True(policy.RestsAfter(Short));
        Assert.True(policy.RestsAfter(TimeSpan.FromMicroseconds(3)));
    }

    [Fact]
    public void A_long_poll_is_followed_by_as_many_without_a_rest_as_are_set()
    {
        var policy = new PollPolicy(TimeSpan.FromMicroseconds(3), 400);
        Assert.False(policy.RestsAfter(Long));
        for (var i = 0; i < 399; i++)
            Assert.False(policy.RestsAfter(Short), $"It rested after {i} polls.");
        Assert.True(policy.RestsAfter(Short));
        Assert.True(policy.RestsAfter(Short));
    }

    [Fact]
    public void A_long_poll_among_them_starts_the_count_anew()
    {
        var policy = new PollPolicy(TimeSpan.FromMicroseconds(3), 2);
        Assert.False(policy.RestsAfter(Long));
        Assert.False(policy.RestsAfter(Short));
        Assert.False(policy.RestsAfter(Long));
        Assert.False(policy.RestsAfter(Short));
        Assert.True(policy.RestsAfter(Short));
    }
}

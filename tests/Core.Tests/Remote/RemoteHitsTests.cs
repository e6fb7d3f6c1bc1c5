using Cascade.Core.Tracking;
using static Cascade.Core.Tests.Remote.LendableStandIn;

namespace Cascade.Core.Tests.Remote;

public sealed class RemoteHitsTests
{
    [Fact]
    public void Third_hit_promotes_and_counting_starts_over()
    {
        var hits = new RemoteHits();
        Assert.Equal([false, false, true, false, false, true], Enumerable.Range(0, 6).Select(_ => hits.Note(Block(1))));
        Assert.False(hits.Note(Block(2)));
    }

    [Fact]
    public void Hits_of_long_ago_are_forgotten_by_halves()
    {
        var hits = new RemoteHits(hitsToPromote: 3, candidates: 64, windowReads: 2);
        Assert.Equal([false, false, false, false, false], Enumerable.Range(0, 5).Select(read => hits.Note(Block(read % 2 == 0 ? 1 : 2))));
    }
}

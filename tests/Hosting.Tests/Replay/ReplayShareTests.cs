using Cascade.Hosting.Replay;

namespace Cascade.Hosting.Tests.Replay;

public sealed class ReplayShareTests
{
    [Theory]
    [InlineData("0/1", 0, 1)]
    [InlineData("3/4", 3, 4)]
    [InlineData("4095/4096", 4095, 4096)]
    public void Share_is_read(string text, int index, int count)
    {
        Assert.True(ReplayShare.TryParse(text, out var share));
        Assert.Equal(new ReplayShare(index, count), share);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("4/4")]
    [InlineData("-1/4")]
    [InlineData("0/0")]
    [InlineData("0/4097")]
    [InlineData("0/4/2")]
    [InlineData(" 0/4")]
    [InlineData("a/b")]
    public void Anything_else_is_no_share(string text) => Assert.False(ReplayShare.TryParse(text, out _));

    [Fact]
    public void Shares_of_a_load_are_the_load()
    {
        var load = Enumerable.Range(0, 11).Select(static number => new TraceRequest(number, 1, 1, new ulong[] { (ulong)number })).ToArray();
        var shares = Enumerable.Range(0, 4).Select(static index => new ReplayShare(index, 4)).ToArray();
        Assert.Equal([3, 3, 3, 2], shares.Select(share => share.Of(load.Length)));
        Assert.All(shares, share => Assert.Equal(share.Of(load.Length), share.Of(load).Count()));
        Assert.Equal(load.Where(static (_, at) => at % 4 == 1), shares[1].Of(load));
        Assert.Equal(load, shares.SelectMany(share => share.Of(load)).OrderBy(static request => request.BlockIds.Span[0]));
    }
}

using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Hosting.Tests.Embedding;

public sealed class KnownCopiesTests
{
    private static readonly CopyLocation Copy = new(new NodeId(3), TierKind.Shm, 7, 2, 4096, 100);
    private static readonly BlockId Id = new(Enumerable.Repeat((byte)9, 32).ToArray());

    [Fact]
    public void Copy_is_known_for_five_seconds_from_when_its_owner_named_it()
    {
        var known = new KnownCopies();
        known.Add(Blocks.Key(1).Digest, Id, Copy, TimeSpan.FromSeconds(10));
        Assert.True(known.TryFind(Blocks.Key(1).Digest, TimeSpan.FromSeconds(14.9), out var id, out var copy));
        Assert.Equal((Id, Copy), (id, copy));
        Assert.False(known.TryFind(Blocks.Key(1).Digest, TimeSpan.FromSeconds(15), out _, out _));
        Assert.False(known.TryFind(Blocks.Key(2).Digest, TimeSpan.FromSeconds(10), out _, out _));
    }

    [Fact]
    public void Key_that_is_forgotten_is_not_known_and_others_are()
    {
        var known = new KnownCopies();
        known.Add(Blocks.Key(1).Digest, Id, Copy, TimeSpan.Zero);
        known.Forget(Blocks.Key(2).Digest);
        Assert.True(known.TryFind(Blocks.Key(1).Digest, TimeSpan.Zero, out _, out _));
        known.Forget(Blocks.Key(1).Digest);
        Assert.False(known.TryFind(Blocks.Key(1).Digest, TimeSpan.Zero, out _, out _));
    }
}

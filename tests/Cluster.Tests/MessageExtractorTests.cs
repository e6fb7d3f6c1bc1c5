using Cascade.Cluster.Owners;
using Cascade.Core.Identity;
using Cascade.Core.Messages;

namespace Cascade.Cluster.Tests;

/// <summary>Where a message goes has to be the same in every process and every release: the values are pinned.</summary>
public sealed class MessageExtractorTests
{
    private const string Hex = "0123456789abcdef00112233445566778899aabbccddeeffffeeddccbbaa9988";
    private const int Shard = 381;

    [Fact]
    public void Shard_is_that_of_the_leading_word_of_the_digest()
    {
        var blocks = new BlockMessageExtractor();
        var describe = new Describe(BlockId.Parse(Hex));
        Assert.Equal(Hex, blocks.EntityId(describe));
        Assert.Equal(Shard, blocks.ShardId(describe));
        Assert.Same(describe, blocks.EntityMessage(describe));
    }

    [Fact]
    public void Message_for_nobody_has_no_entity_and_no_shard()
    {
        object[] forNoBlock = ["hello", new Lookup(KeyDigest.Parse(Hex))];
        Assert.All(forNoBlock, message => Assert.Equal((null, -1), (new BlockMessageExtractor().EntityId(message), new BlockMessageExtractor().ShardId(message))));
    }
}

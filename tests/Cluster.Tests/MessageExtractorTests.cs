using Cascade.Cluster.Owners;
using Cascade.Core.Identity;
using Cascade.Core.Messages;

namespace Cascade.Cluster.Tests;

/// <summary>Where a message goes has to be the same in every process and every release: the values are pinned.</summary>
public sealed class MessageExtractorTests
{
    private const string Hex = "0123456789abcdef00112233445566778899aabbccddeeffffeeddccbbaa9988";

    [Theory]
    [InlineData(1, "0")]
    [InlineData(16, "1")]
    [InlineData(1000, "625")]
    [InlineData(1024, "769")]
    public void Shard_is_the_leading_word_of_the_digest_modulo_the_shards(int shards, string shard)
    {
        var blocks = new BlockMessageExtractor(shards);
        var describe = new Describe(BlockId.Parse(Hex));
        Assert.Equal(Hex, blocks.EntityId(describe));
        Assert.Equal(shard, blocks.ShardId(Hex));
        Assert.Equal(shard, blocks.ShardId(Hex, describe));
        Assert.Same(describe, blocks.EntityMessage(describe));
    }

    [Fact]
    public void Message_for_nobody_has_no_entity()
    {
        Assert.Null(new BlockMessageExtractor(4).EntityId("hello"));
        Assert.Null(new BlockMessageExtractor(4).EntityId(new Lookup(KeyDigest.Parse(Hex))));
    }
}

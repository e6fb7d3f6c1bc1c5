using Cascade.Core.Identity;
using Cascade.Hosting.Tests.Cluster;
using Cascade.Hosting.Tests.Embedding;

namespace Cascade.Hosting.Tests.Replay;

/// <summary>A hit tells whose copy it reads.</summary>
public sealed class HolderTests
{
    [Fact]
    public async Task Hit_names_the_other_node_whose_copy_it_reads_and_none_for_its_own()
    {
        await using var nodes = await TestNodes.StartAsync(3);
        await nodes[1].Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1));
        for (var asked = 0; asked < 3; asked++)
        {
            using var got = await nodes[asked].Cache.GetAsync(Blocks.Key(1));
            Assert.Equal((true, asked == 1 ? null : new NodeId(1)), (got.IsHit, got.Holder));
        }
    }
}

using Cascade.LoadTests.Scenarios;

namespace Cascade.LoadTests.Tests;

public sealed class BlockPatternTests
{
    [Theory]
    [InlineData(16)]
    [InlineData(8_192)]
    [InlineData(8_193)]
    [InlineData(100_000)]
    public void Every_chunk_of_a_block_is_its_own_and_known(int length)
    {
        var block = new byte[length];
        BlockPattern.Fill(7, 3, block);
        Assert.Equal(3, BlockPattern.VersionOf(block));
        for (var index = 0; index < BlockPattern.ChunksOf(length); index++)
        {
            var chunk = block.AsSpan(index * BlockPattern.ChunkBytes, Math.Min(BlockPattern.ChunkBytes, length - (index * BlockPattern.ChunkBytes)));
            Assert.Equal(0, BlockPattern.CountWrong(7, 3, index, chunk));
            Assert.NotEqual(0, BlockPattern.CountWrong(8, 3, index, chunk));
            Assert.NotEqual(0, BlockPattern.CountWrong(7, 4, index, chunk));
            if (chunk.Length > 64)
                Assert.NotEqual(0, BlockPattern.CountWrong(7, 3, index + 1, chunk));
        }
    }

    [Fact]
    public void Wrong_bytes_are_counted_one_by_one()
    {
        var block = new byte[10_000];
        BlockPattern.Fill(1, 0, block);
        block[8_192] ^= 1;
        block[9_999] ^= 128;
        Assert.Equal(0, BlockPattern.CountWrong(1, 0, 0, block.AsSpan(0, 8_192)));
        Assert.Equal(2, BlockPattern.CountWrong(1, 0, 1, block.AsSpan(8_192)));
    }
}

using Cascade.Core.Fabric;
using Cascade.Core.Hashing;
using static Cascade.Tiers.Tests.Shm.ArenaSandbox;

namespace Cascade.Tiers.Tests.Fabric;

public sealed class BulkDigestTests
{
    [Theory]
    [InlineData(1, 1 << 20)]
    [InlineData(1024, 64 << 10)]
    [InlineData(256 << 10, 64 << 10)]
    [InlineData((256 << 10) + 1, 64 << 10)]
    [InlineData(5_000_001, 300_000)]
    [InlineData((16 << 20) - 7, 1 << 20)]
    public async Task Pull_with_digest_gives_that_of_the_bytes_however_they_are_split(int length, int pieceBytes)
    {
        await using var node = new BulkSandbox();
        using var client = node.Client(options => options with { PieceBytes = pieceBytes, SplitAboveBytes = 1 << 20 });
        using var into = new TargetMemory(length);
        var copy = node.Box.Put(1, length);
        Assert.Equal(PullResult.Done with { Digest = BlockDigest.Compute(DigestAlgorithm.Blake3, Bytes(1, length)) }, await client.PullAsync(into.Want(copy, withDigest: true)));
        into.AssertIs(Bytes(1, length));
    }

    [Fact]
    public async Task Digest_of_a_part_is_that_of_the_part()
    {
        const int Length = 3_000_003;
        await using var node = new BulkSandbox();
        using var client = node.Client(options => options with { PieceBytes = 64 << 10, SplitAboveBytes = 0, SmallBytes = 0 });
        using var into = new TargetMemory(Length - 1001);
        var result = await client.PullAsync(into.Want(node.Box.Put(1, Length), skipBytes: 1000, withDigest: true));
        Assert.Equal(BlockDigest.Compute(DigestAlgorithm.Blake3, Bytes(1, Length).AsSpan(1000, Length - 1001)), result.Digest);
    }

    [Fact]
    public async Task Digest_that_cannot_be_computed_on_the_way_is_left_to_the_caller()
    {
        await using var node = new BulkSandbox();
        using var client = node.Client(options => options with { DigestAlgorithm = DigestAlgorithm.Sha256 });
        using var into = new TargetMemory(5000);
        Assert.Equal(PullResult.Done, await client.PullAsync(into.Want(node.Box.Put(1), withDigest: true)));
    }

    [Fact]
    public async Task Digest_is_of_the_bytes_that_came_not_of_those_that_were_to_come()
    {
        const int Length = 2 << 20;
        await using var node = new BulkSandbox();
        using var client = node.Client();
        using var into = new TargetMemory(Length);
        var copy = node.Box.Put(1, Length);
        unsafe
        {
            ((byte*)node.Box.Arena.PayloadAddress)[copy.OffsetBytes + Length - 1] ^= 1;
        }

        var result = await client.PullAsync(into.Want(copy, withDigest: true));
        Assert.Equal(PullOutcome.Done, result.Outcome);
        Assert.Equal(BlockDigest.Compute(DigestAlgorithm.Blake3, into.Bytes), result.Digest);
        Assert.NotEqual(BlockDigest.Compute(DigestAlgorithm.Blake3, Bytes(1, Length)), result.Digest);
    }
}

using Cascade.Core.Identity;
using Cascade.Core.Messages;

namespace Cascade.Hosting.Tests.Embedding;

/// <summary>What tests of the cold tier ask of a node again and again.</summary>
internal static class ColdCalls
{
    public static readonly PutOptions Durable = new() { Acknowledgement = Acknowledgement.Durable, Deadline = TimeSpan.FromMinutes(1) };

    public static async Task PutAsync(ICascade cache, int first, int count)
    {
        for (var n = first; n < first + count; n++)
        {
            var put = await cache.PutAsync(Blocks.Key(n), Blocks.Bytes(n), new PutOptions { Deadline = TimeSpan.FromMinutes(1) });
            Assert.True(put.Status == PutStatus.Stored, $"{n}: {put.Status} {put.Reason}");
        }
    }

    /// <summary>Reads blocks and compares every byte; tells how many were found in the files.</summary>
    public static async Task<int> ReadAsync(ICascade cache, int first, int count)
    {
        var fromFiles = 0;
        for (var n = first; n < first + count; n++)
        {
            using var got = await cache.GetAsync(Blocks.Key(n), new GetOptions { Deadline = TimeSpan.FromMinutes(1) });
            Assert.True(got.IsHit, $"{n}: {got.MissReason}");
            Assert.Equal(Blocks.Bytes(n), got.Lease.Span);
            fromFiles += got.Lease.Tier == TierKind.Cold ? 1 : 0;
        }

        return fromFiles;
    }

    public static async Task<TierReport> TierAsync(ICascade cache, TierKind tier) =>
        (await cache.StatAsync()).Tiers.Single(report => report.Tier == tier);

    public static async Task<TierKind[]> CopiesAsync(ICascade cache, int n) =>
        [.. (await cache.StatAsync(Blocks.Key(n)))!.Block.Copies.Select(copy => copy.Tier)];
}

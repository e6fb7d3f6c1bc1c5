using Cascade.Core.Leases;
using Cascade.LoadTests.Engine;

namespace Cascade.LoadTests.Scenarios;

/// <summary>Compares what was read with what the key must hold.</summary>
internal static class ReadCheck
{
    /// <summary>One read in so many is compared byte by byte; others by their first, last and a random chunk.</summary>
    private const int WholeEvery = 64;

    /// <summary>Compares a block and counts what is wrong; not part of any step's time.</summary>
    /// <param name="context">Of the run that reads.</param>
    /// <param name="lease">The block as it was found.</param>
    /// <param name="seed">Seed of the key.</param>
    /// <param name="newestVersion">The latest version that anyone began to write: any up to it is right.</param>
    /// <param name="blockBytes">Length that the block must have.</param>
    /// <returns>Null when it is right; otherwise the error.</returns>
    public static Response<object>? Compare(ScenarioContext context, in BlockLease lease, ulong seed, long newestVersion, int blockBytes)
    {
        var (compared, wrong) = Count(context.Random, lease, seed, newestVersion, blockBytes);
        if (wrong > 0 && !lease.IsHeld)
            return Response.Fail("lease_ended", "The lease ended while the block was read: nothing held its bytes in place.");
        context.Stats.Checked(compared, wrong);
        return wrong == 0 ? null : Response.Fail("wrong_bytes", $"{wrong} of {compared} bytes compared.");
    }

    private static (long Compared, long Wrong) Count(Random random, in BlockLease lease, ulong seed, long newestVersion, int blockBytes)
    {
        if (lease.LengthBytes != blockBytes)
            return (blockBytes, Math.Max(1, Math.Abs(lease.LengthBytes - blockBytes)));
        var version = BlockPattern.VersionOf(lease.Slice(0, sizeof(long)));
        if (version < 0 || version > newestVersion)
            return (sizeof(long), sizeof(long));

        var chunks = BlockPattern.ChunksOf(blockBytes);
        long compared = 0, wrong = 0;
        if (chunks <= 3 || random.Next(WholeEvery) == 0)
        {
            for (var index = 0; index < chunks; index++)
                Add(lease, index);
            return (compared, wrong);
        }

        Add(lease, 0);
        Add(lease, random.Next(1, chunks - 1));
        Add(lease, chunks - 1);
        return (compared, wrong);

        void Add(in BlockLease block, int index)
        {
            var offset = (long)index * BlockPattern.ChunkBytes;
            var bytes = block.Slice(offset, (int)Math.Min(BlockPattern.ChunkBytes, blockBytes - offset));
            compared += bytes.Length;
            wrong += BlockPattern.CountWrong(seed, version, index, bytes);
        }
    }
}

using Cascade.Hosting;

namespace Cascade.Victim;

/// <summary>What a node does until it is killed: durable puts and deletions, pressure on its memory, reads of what it promised.</summary>
/// <remarks>
/// Says <c>begin N</c> and <c>put N</c> before and after block N was made durable, <c>delete N</c> before and <c>deleted N</c> after its deletion, and <c>wrong N</c> when a read
/// breaks a promise.
/// </remarks>
internal sealed class Workload(ICascade cache, List<long> live, int seed, long first)
{
    /// <summary>Durable blocks beyond which old ones are deleted: a small part of the tier, so that nothing is evicted there.</summary>
    private const int DurableMax = 160;

    /// <summary>
    /// Blocks that are put to be demoted, and deleted after half a round. Always the same ones, so that what killed nodes leave does not
    /// add up.
    /// </summary>
    private const int CrowdMax = 600;

    /// <summary>Numbers of the crowd: above those of all durable blocks.</summary>
    private const long CrowdFirst = 1L << 40;

    private readonly Lock _gate = new();

    private long _last = first - 1;

    /// <summary>
    /// Puts blocks, and deletes one at random for each above the limit: files become mostly dead. To be called several times, so that commits
    /// have company.
    /// </summary>
    public async Task WriteDurablyAsync(int writer)
    {
        var random = new Random((seed << 8) + writer);
        var bytes = new byte[VictimBlock.LengthBytes];
        var options = new PutOptions { Acknowledgement = Acknowledgement.Durable, Deadline = TimeSpan.FromSeconds(60) };
        while (true)
        {
            var number = Interlocked.Increment(ref _last);
            VictimBlock.Fill(number, bytes);
            Say($"begin {number}");
            var put = await cache.PutAsync(VictimBlock.Key(number), bytes, options);
            if (put.Status != PutStatus.Stored)
                throw new InvalidOperationException($"The durable put of block {number} ended as {put.Status}: {put.Reason}");
            Say($"put {number}");
            if (TakeOneToDelete(number, random) is { } old)
                await DeleteAsync(old);
        }
    }

    /// <summary>Fills memory with blocks of its own, so that others are demoted, and deletes them again.</summary>
    public async Task CrowdMemoryAsync()
    {
        var bytes = new byte[VictimBlock.LengthBytes];
        for (var i = seed; ; i++)
        {
            var number = CrowdFirst + (i % CrowdMax);
            VictimBlock.Fill(number, bytes);
            await cache.PutAsync(VictimBlock.Key(number), bytes);
            await cache.DeleteAsync(VictimBlock.Key(CrowdFirst + ((i + (CrowdMax / 2)) % CrowdMax)));
        }
    }

    /// <summary>Reads durable blocks at random: most have to come back from disk.</summary>
    public async Task ReadAsync()
    {
        var random = new Random(~seed);
        while (true)
        {
            await Task.Yield();
            long number;
            lock (_gate)
            {
                if (live.Count == 0)
                    continue;
                number = live[random.Next(live.Count)];
            }

            using var read = await cache.GetAsync(VictimBlock.Key(number));
            if (read.IsHit && !VictimBlock.Matches(number, read.Lease.Span) && read.Lease.IsHeld)
                Say($"wrong {number}");
        }
    }

    private long? TakeOneToDelete(long added, Random random)
    {
        lock (_gate)
        {
            live.Add(added);
            if (live.Count <= DurableMax)
                return null;
            var at = random.Next(live.Count);
            var taken = live[at];
            live.RemoveAt(at);
            return taken;
        }
    }

    private async Task DeleteAsync(long number)
    {
        Say($"delete {number}");
        await cache.DeleteAsync(VictimBlock.Key(number));
        Say($"deleted {number}");
    }

    private static void Say(string line)
    {
        lock (Console.Out)
            Console.Out.WriteLine(line);
    }
}

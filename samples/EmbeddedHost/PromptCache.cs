using System.Globalization;
using System.Text;
using Cascade.Core.Identity;
using Cascade.Hosting;

namespace Cascade.EmbeddedHost;

/// <summary>What a serving engine does with a cache, in small: a shared prompt of a few blocks is put, protected, and read again by later requests.</summary>
internal sealed class PromptCache(ICascade cache)
{
    private const int Blocks = 4;
    private const int BlockBytes = 64 << 10;

    /// <summary>True when all went as it should.</summary>
    public async Task<bool> RunAsync(CacheNamespace model)
    {
        var prompt = Prompt(model);
        for (var i = 0; i < Blocks; i++)
        {
            var put = await cache.PutAsync(prompt[i], Bytes(i));
            Say($"put block {i}: {put.Status} {put.Reason}");
            if (!put.IsReadable)
                return false;
        }

        // A shared prompt is to stay in memory, whatever else is put.
        var protection = await cache.ProtectAsync(prompt);
        Say($"protect {protection.Registered} of {Blocks} blocks: {protection.Status} {protection.Reason}");

        // The next request with this prompt asks how much of it is there, and reads that in place.
        var cached = await cache.LongestPrefixAsync(prompt);
        Say($"cached prefix: {cached} of {Blocks} blocks");
        var isWell = protection.Status == ProtectStatus.Protected && cached == Blocks;
        for (var i = 0; i < cached; i++)
            isWell &= await ReadAsync(prompt[i], i);

        await cache.UnprotectAsync(prompt);
        return isWell;
    }

    private async Task<bool> ReadAsync(CacheKey key, int number)
    {
        using var result = await cache.GetAsync(key);
        if (!result.IsHit)
        {
            Say($"get block {number}: miss {result.MissReason}");
            return false;
        }

        // A lease over memory: of this machine's nodes as it lies there. The bytes are good as long as the lease is held.
        var isRight = result.Lease.Span.SequenceEqual(Bytes(number)) && result.Lease.IsHeld;
        var stat = await cache.StatAsync(key);
        var holders = string.Join(", ", stat?.Block.Copies.Select(copy => $"{copy.Node} {copy.Tier}") ?? []);
        Say($"get block {number}: {result.Lease.LengthBytes} bytes, {(isRight ? "right" : "WRONG")}, tier {result.Lease.Tier}, held by {holders}");
        return isRight;
    }

    /// <summary>Each key goes on from the one before, as an engine's hashes over ever longer prefixes do.</summary>
    private static CacheKey[] Prompt(CacheNamespace model)
    {
        var keys = new CacheKey[Blocks];
        for (var i = 0; i < Blocks; i++)
        {
            var name = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"shared prompt, block {i}"));
            keys[i] = i == 0 ? model.Key(name) : model.Key(name, keys[i - 1]);
        }

        return keys;
    }

    /// <summary>Stands in for the keys and values that a model computes.</summary>
    private static byte[] Bytes(int number)
    {
        var bytes = new byte[BlockBytes];
        new Random(number).NextBytes(bytes);
        return bytes;
    }

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture).TrimEnd());
}

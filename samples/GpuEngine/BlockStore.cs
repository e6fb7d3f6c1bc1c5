using System.Globalization;
using Cascade.Core.Identity;
using Cascade.Hosting;

namespace Cascade.GpuEngine;

/// <summary>The node's side: puts blocks, holds them in place on the device, and has the engine read them there.</summary>
internal sealed class BlockStore(ICascade cache)
{
    private const int Blocks = 4;
    private const int BlockBytes = 1 << 20;

    /// <summary>0 when the engine read all blocks right, 1 when not, 3 when there is no device.</summary>
    public async Task<int> RunAsync(CacheNamespace model)
    {
        var leases = new List<GpuGetResult>();
        try
        {
            for (var i = 0; i < Blocks; i++)
            {
                var key = model.Key([(byte)i]);
                var put = await cache.PutAsync(key, Bytes(i));
                if (!put.IsReadable)
                    return Fail(1, $"put block {i}: {put.Status} {put.Reason}");

                // A block stays where the engine is told that it lies for as long as the lease is held here; one that is read for longer is renewed.
                leases.Add(await cache.GetAsync(key, Tier.Gpu));
                if (!leases[i].IsHit)
                    return Fail(3, $"get block {i}: {leases[i].MissReason ?? "miss"}");
            }

            // One node may have memory of several devices; each has a handle of its own.
            var device = leases[0].Lease.Device;
            using var engine = EngineProcess.Start(cache.ExportSlab(device));
            var isWell = true;
            for (var i = 0; i < Blocks; i++)
            {
                var lease = leases[i].Lease;
                var answer = await engine.ReadAsync(lease);
                var isRight = answer == "right" && lease.IsHeld;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"block {i}: {lease.LengthBytes} bytes at {lease.OffsetBytes} of device {device}, {answer}"));
                isWell &= isRight;
            }

            return await engine.EndAsync() == 0 && isWell ? 0 : 1;
        }
        finally
        {
            leases.ForEach(static lease => lease.Dispose());
        }
    }

    private static int Fail(int exitCode, FormattableString line)
    {
        Console.Error.WriteLine(line.ToString(CultureInfo.InvariantCulture));
        return exitCode;
    }

    /// <summary>Stands in for the keys and values that a model computes.</summary>
    private static byte[] Bytes(int number)
    {
        var bytes = new byte[BlockBytes];
        new Random(number).NextBytes(bytes);
        return bytes;
    }
}

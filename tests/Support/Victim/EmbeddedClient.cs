using System.Globalization;
using Cascade.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Cascade.Victim;

/// <summary>A host that embeds a client: it holds leases on the first blocks, and puts and deletes others, until it is killed.</summary>
/// <remarks>Says <c>holds N</c> on the error stream once it has all leases and some puts are done, and on the output the number of each block that it is about to put.</remarks>
internal static class EmbeddedClient
{
    private const int Writers = 4;

    /// <summary>Blocks of a writer that are there at a time.</summary>
    private const int KeptMax = 32;

    private static readonly GetOptions ForLong = new() { LeaseFor = TimeSpan.FromHours(1) };

    /// <summary>Runs until it is killed.</summary>
    /// <param name="leases">How many of the blocks from number 0 on to lease.</param>
    /// <param name="settings">Of the client.</param>
    public static async Task RunAsync(int leases, string[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.AddCascadeClient(client =>
        {
            foreach (var setting in settings)
                client.Settings.Add(setting);
        });
        using var host = builder.Build();
        await host.StartAsync();
        var cache = host.Services.GetRequiredService<ICascade>();
        var held = new List<GetResult>();
        for (var number = 0; number < leases; number++)
        {
            held.Add(await cache.GetAsync(VictimBlock.Key(number), ForLong));
            if (!held[^1].IsHit)
                throw new InvalidOperationException($"Block {number} was missed: {held[^1].MissReason}");
        }

        var started = Enumerable.Range(1, Writers).Select(_ => new TaskCompletionSource()).ToArray();
        var writers = started.Select((begun, writer) => Task.Run(() => WriteAsync(cache, (writer + 1L) << 32, begun))).ToArray();
        await Task.WhenAny([Task.WhenAll(started.Select(static begun => begun.Task)), .. writers]).Unwrap();
        await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"holds {held.Count}"));
        await Task.WhenAny(writers).Unwrap();
        GC.KeepAlive(held);
    }

    private static async Task WriteAsync(ICascade cache, long first, TaskCompletionSource begun)
    {
        var bytes = new byte[VictimBlock.LengthBytes];
        for (var number = first; ; number++)
        {
            VictimBlock.Fill(number, bytes);
            Console.WriteLine(number.ToString(CultureInfo.InvariantCulture));
            var put = await cache.PutAsync(VictimBlock.Key(number), bytes);
            if (!put.IsReadable)
                throw new InvalidOperationException($"The put of block {number} ended as {put.Status}: {put.Reason}");
            if (number < first + KeptMax)
                continue;
            begun.TrySetResult();
            await cache.DeleteAsync(VictimBlock.Key(number - KeptMax));
        }
    }
}

using System.Globalization;
using Cascade.Hosting;
using Cascade.Victim;

namespace Cascade.EndToEnd;

/// <summary>Hosts that embed a client are killed while they hold leases and put.</summary>
public sealed class ClientCrashTests
{
    private const int Nodes = 3;

    /// <summary>Blocks that the client leases: a third of the memory of all nodes.</summary>
    private const int Leased = 500;

    /// <summary>Three quarters of that memory: more than there is room for beside what was leased.</summary>
    private const int Refilled = 1150;

    private const long FirstRefilled = 1L << 48;

    /// <summary>The last blocks that a client told of: those that it was putting when it was killed, and many before.</summary>
    private const int LastPut = 100;

    private static readonly TimeSpan Soon = ClusterLoad.Deadline;

    [Fact]
    public async Task Client_is_killed_and_neither_leases_nor_puts_nor_files_of_it_are_left()
    {
        await using var cluster = await ClusterProcesses.StartAsync("client", Nodes);
        await using var load = new ClusterLoad(cluster.Cache);
        await PutAsync(cluster.Cache, Enumerable.Range(0, Leased).Select(static number => (long)number));
        using var client = await StartClientAsync(cluster, Leased);
        await load.CallsAsync(100);
        var filesBefore = cluster.Files();
        await client.KillAsync();
        Assert.Single(filesBefore, file => IsOfClient(file, cluster));
        await load.CallsAsync(200);
        await cluster.AgreeAsync(Enumerable.Range(0, Nodes));
        await load.StopAsync();
        Assert.True(load.Refused.IsEmpty, load.Complaints());

        // What it was putting when it was killed would keep others from putting the same block, if its owners did not hear of its end.
        var put = (await client.EndAsync()).Output.Split('\n')[..^1].TakeLast(LastPut).Select(line => long.Parse(line, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(LastPut, put.Length);
        await Task.WhenAll(put.Select(number => PutOneAsync(cluster.Cache, number, Soon)));
        foreach (var number in put)
        {
            using var got = await cluster.Cache.GetAsync(VictimBlock.Key(number));
            Assert.True(got.IsHit, $"Block {number} was put and is missed: {got.MissReason}");
        }

        // Blocks that were still leased would stay without their keys, and leave too little room.
        foreach (var number in Enumerable.Range(0, Leased).Select(static number => (long)number).Concat(put))
            Assert.True(await cluster.Cache.DeleteAsync(VictimBlock.Key(number)), $"Block {number} is not there.");
        foreach (var number in load.Acknowledged)
            await cluster.Cache.DeleteAsync(TestBlock.Key(number));
        await RefillAsync(cluster.Cache);

        Assert.Equal(0, (await CascadeProcess.RunAsync("members", "--set", $"cascade.cluster.name={cluster.Name}")).ExitCode);
        Assert.DoesNotContain(cluster.Files(), file => IsOfClient(file, cluster));
        await cluster.EndAsync();
    }

    /// <summary>Starts a client; returns when it holds its leases and puts.</summary>
    internal static async Task<CascadeProcess> StartClientAsync(ClusterProcesses cluster, int leases)
    {
        var holds = string.Create(CultureInfo.InvariantCulture, $"holds {leases}");
        var client = CascadeProcess.StartOther(
            "cascade-victim.dll", holds, "client", leases.ToString(CultureInfo.InvariantCulture), $"cascade.cluster.name={cluster.Name}",
            "cascade.tiers.shm.capacity=4MiB");
        await client.Said;
        Assert.Contains(holds, client.AllSaid(), StringComparison.Ordinal);
        return client;
    }

    /// <summary>Puts blocks, which must be taken in within the deadline.</summary>
    internal static async Task PutAsync(ICascade cache, IEnumerable<long> numbers)
    {
        foreach (var number in numbers)
            await PutOneAsync(cache, number, Soon);
    }

    private static async Task PutOneAsync(ICascade cache, long number, TimeSpan deadline)
    {
        var bytes = new byte[VictimBlock.LengthBytes];
        VictimBlock.Fill(number, bytes);
        var put = await cache.PutAsync(VictimBlock.Key(number), bytes, new PutOptions { Deadline = deadline });
        Assert.True(put.IsReadable, $"The put of block {number} ended as {put.Status}: {put.Reason}");
    }

    /// <summary>Puts new blocks until all of them are there at one time.</summary>
    private static async Task RefillAsync(ICascade cache)
    {
        var numbers = Enumerable.Range(0, Refilled).Select(static number => FirstRefilled + number).ToArray();
        var missed = numbers.ToList();
        await Until.TrueAsync(
            async () =>
            {
                await PutAsync(cache, missed);
                missed.Clear();
                foreach (var number in numbers)
                {
                    using var got = await cache.GetAsync(VictimBlock.Key(number));
                    if (!got.IsHit)
                        missed.Add(number);
                }

                return missed.Count == 0;
            },
            () => $"There is no room for {missed.Count} of {Refilled} blocks: something of the client is left.");
    }

    /// <summary>True for a file of a client other than the test's own: those have numbers above all nodes'.</summary>
    private static bool IsOfClient(string file, ClusterProcesses cluster)
    {
        var number = file[$"cascade-{cluster.Name}-".Length..].Split('.')[0];
        return uint.Parse(number, CultureInfo.InvariantCulture) is > Nodes and not ClusterClient.Id;
    }
}

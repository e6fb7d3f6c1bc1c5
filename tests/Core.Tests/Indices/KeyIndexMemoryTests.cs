using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Indices;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using static Cascade.Core.Tests.Indices.Digests;

namespace Cascade.Core.Tests.Indices;

/// <summary>Managed memory of a whole process is measured: nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(MeasuredAlone), DisableParallelization = true)]
public sealed class MeasuredAlone;

[Collection(nameof(MeasuredAlone))]
public sealed class KeyIndexMemoryTests
{
    [Fact]
    public void Entry_costs_less_than_150_bytes()
    {
        const int Count = 50_000;
        var index = new KeyIndexCore(new KeyIndexSettings());
        var entries = Enumerable.Range(1, Count)
            .Select(key => new KeyIndexEntry(new KeyBinding(Key(key), default, 0, new HybridTimestamp(1)), Block(key)))
            .ToArray();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        index.Merge(TimeSpan.Zero, entries);
        var bytesPerEntry = (double)(GC.GetTotalMemory(forceFullCollection: true) - before) / Count;
        Assert.Equal(Count, index.Keys);
        Assert.InRange(bytesPerEntry, 112, 150);
        GC.KeepAlive(entries);
    }

    [Fact]
    public void Many_shards_with_few_keys_each_are_small()
    {
        const int Count = 100_000;
        KeyDigest[] keys = [.. Enumerable.Range(1, Count).Select(Key)];
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var cluster = new KeyIndexCluster(nodes: 3);
        foreach (var key in keys)
            cluster.Bind(new Bind(new KeyBinding(key, default, 0, new HybridTimestamp(1)), Block(1)));
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.Equal(2 * Count, cluster.Keys);
        Assert.InRange(bytes, 1, 40 << 20);
        GC.KeepAlive(cluster);
    }
}

using Cascade.Core.Clocks;
using Cascade.Core.Indices;
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
}

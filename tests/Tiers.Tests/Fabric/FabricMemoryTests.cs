using Cascade.Core.Fabric;
using Cascade.Core.Ports;
using Cascade.Tiers.Fabric;

namespace Cascade.Tiers.Tests.Fabric;

/// <summary>Measures what the whole process allocates, so nothing else runs beside it.</summary>
[CollectionDefinition(nameof(FabricMemoryTests), DisableParallelization = true)]
[Collection(nameof(FabricMemoryTests))]
public sealed class FabricMemoryTests
{
    [Theory]
    [InlineData(FabricKind.Tcp)]
    [InlineData(FabricKind.Mapping)]
    public async Task Payload_never_goes_through_the_managed_heap(FabricKind kind)
    {
        const int Length = 16 << 20;
        const int Pulls = 8;
        await using var node = new BulkSandbox();
        using var tcp = node.Client();
        using var mapping = new SameHostFabric(new SameHostOptions { ClusterName = "test", Directory = node.Box.Folder }, TimeProvider.System);
        IPayloadFabric fabric = kind == FabricKind.Tcp ? tcp : mapping;
        var copy = node.Box.Put(1, Length);
        using var into = new TargetMemory(Length);
        var least = long.MaxValue;

        // The first round connects and compiles; of the others the least counts, since the runtime allocates for itself now and then.
        for (var round = 0; round < 4; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            for (var pull = 0; pull < Pulls; pull++)
                Assert.Equal(PullOutcome.Done, (await fabric.PullAsync(into.Want(copy, withDigest: true))).Outcome);
            if (round > 0)
                least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.True(least < Pulls * 32 << 10, $"{Pulls} pulls of {Length} bytes allocated {least} bytes.");
    }
}

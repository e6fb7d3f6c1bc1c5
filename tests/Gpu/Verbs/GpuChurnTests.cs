using System.Reflection;
using Cascade.Gpu.Tests.Nodes;
using Cascade.Hosting;
using Cascade.Hosting.Benchmarks.Gpu;
using Cascade.Tiers.Gpu;

namespace Cascade.Gpu.Tests.Verbs;

/// <summary>What a churn finds when the cache does not give what was put.</summary>
public sealed class GpuChurnTests
{
    [Fact]
    public async Task Right_answers_are_counted_as_such()
    {
        var result = await ChurnAsync(static (_, answer) => answer);
        Assert.Equal((0L, 0L, 0L, 0L), (result.WrongBytes, result.WrongDigests, result.Errors, result.Misses));
        Assert.NotEqual((0L, 0L), (result.Reads, result.DeviceDigests));
    }

    [Theory]
    [InlineData(typeof(ValueTask<GpuGetResult>))]
    [InlineData(typeof(ValueTask<GetResult>))]
    [InlineData(typeof(ValueTask<GetIntoDeviceResult>))]
    public async Task Byte_that_changed_is_found_whichever_way_a_block_is_read(Type call)
    {
        var result = await ChurnAsync((destination, answer) => answer.GetType() != call ? answer : answer switch
        {
            ValueTask<GpuGetResult> pending => After(pending, static got => Spoil(got.Lease.DevicePointer)),
            ValueTask<GetResult> pending => After(pending, static got => Spoil(got.Lease.Address)),
            ValueTask<GetIntoDeviceResult> pending => After(pending, _ => Spoil(destination)),
            _ => answer,
        });
        Assert.NotEqual(0, result.WrongBytes);
    }

    [Fact]
    public async Task Wrong_name_of_the_device_is_found()
    {
        var result = await ChurnAsync(static (destination, answer) => answer is ValueTask<PutResult> pending && destination != 0
            ? new ValueTask<PutResult>(PutAsync(pending))
            : answer);
        Assert.NotEqual(0, result.WrongDigests);
        Assert.Equal(result.DeviceDigests, result.WrongDigests);

        static async Task<PutResult> PutAsync(ValueTask<PutResult> pending) => (await pending) with { Id = GpuSandbox.IdOf([1]) };
    }

    [Fact]
    public async Task Cache_that_refuses_everything_ends_the_churn()
    {
        var result = await ChurnAsync(static (_, answer) =>
            answer is ValueTask<PutResult> ? new ValueTask<PutResult>(new PutResult(PutStatus.Busy, default, "why")) : answer);
        Assert.Equal((100L, 0L), (result.Errors, result.Puts));
    }

    private static async Task<GpuChurnResult> ChurnAsync(Func<nint, object, object> answer)
    {
        await using var node = await GpuNode.StartAsync();
        var slab = node.Parts.Gpu!.Pool.Slabs.Single();
        using var memory = GpuScratch.Open(0, GpuNode.BlockBytes, 1, 1, TimeProvider.System);
        var cache = DispatchProxy.Create<ICascade, Between>();
        ((Between)(object)cache).Set(node.Cache, answer);
        var tally = new GpuChurnTally(slab, 1 << 20, new Progress<(long, long)>());
        await new GpuChurnCaller(cache, slab, memory, 0, GpuNode.BlockBytes, tally).RunAsync(CancellationToken.None);
        return tally.ResultOf(0);
    }

    /// <summary>The same answer, boxed as a call's is, with something done before it is given.</summary>
#pragma warning disable CA1859 // As a ValueTask it would have to be awaited where it is made.
    private static object After<T>(ValueTask<T> pending, Action<T> then)
#pragma warning restore CA1859
    {
        return new ValueTask<T>(RunAsync());

        async Task<T> RunAsync()
        {
            var result = await pending;
            then(result);
            return result;
        }
    }

    private static void Spoil(nint address)
    {
        if (address != 0)
            GpuSandbox.DeviceSpan(address, 1)[0] ^= 0x10;
    }

    /// <summary>Stands between a caller and the cache; the answers are the test's.</summary>
    public class Between : DispatchProxy
    {
        private ICascade? _cache;
        private Func<nint, object, object>? _answer;

        internal void Set(ICascade cache, Func<nint, object, object> answer) => (_cache, _answer) = (cache, answer);

        /// <inheritdoc/>
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            _answer!(args!.OfType<DeviceMemory>().FirstOrDefault().Pointer, targetMethod!.Invoke(_cache, args)!);
    }
}

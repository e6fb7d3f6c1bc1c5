using System.Numerics;
using Cascade.Core.Allocation;
using FsCheck;
using FsCheck.Fluent;

namespace Cascade.Core.Tests.Allocation;

public class SlabAllocatorPropertyTests
{
    private const int Granule = SlabAllocator.GranuleBytes;

    private static readonly Act[] Acts =
    [
        Act.Allocate, Act.Allocate, Act.Allocate, Act.Allocate, Act.Allocate,
        Act.Free, Act.Free, Act.Free, Act.Reserve, Act.FreeAnywhere,
    ];

    public enum Act
    {
        Allocate,
        Free,
        Reserve,
        FreeAnywhere,
    }

    /// <summary>One step: what its numbers mean depends on the act and the slab, so that every sequence is valid.</summary>
    public readonly record struct Step(Act Act, int Place, int Size);

    [Theory]
    [InlineData(1, 1, 1001)]
    [InlineData(64, 40, 1002)]
    [InlineData(65, 3, 1003)]
    [InlineData(1000, 200, 1004)]
    [InlineData(20_000, 9_000, 1005)]
    public void Slab_after_any_steps_equals_the_list_of_ranges(int granules, int maxLength, int seed)
    {
        var steps = Gen.Choose(0, Acts.Length - 1).SelectMany(
            act => Gen.Choose(0, 1 << 20).SelectMany(
                place => Gen.Choose(0, 1 << 20).Select(
                    size => new Step(Acts[act], place, size))));
        var sequences = Gen.ListOf(steps).Select(list => list.ToArray()).Resize(200);
        var property = Prop.ForAll(Arb.From(sequences, Shrink), sequence => Replay(granules, maxLength, sequence));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60).WithReplay((ulong)seed, 1), property);
    }

    [Fact]
    public void Model_that_differs_from_the_slab_is_noticed()
    {
        using var slab = new SlabAllocator(4 * Granule);
        var model = new SlabModel(4);
        Assert.True(slab.TryReserve(Granule, Granule));
        Assert.Throws<InvalidOperationException>(() => model.MustEqual(slab));
    }

    private static bool Replay(int granules, int maxLength, Step[] steps)
    {
        using var slab = new SlabAllocator((long)granules * Granule);
        var model = new SlabModel(granules);
        foreach (var step in steps)
        {
            // Lengths follow a log-uniform law: short ones as often as long ones, and one more than can fit.
            var length = 1 + (long)(Math.Pow(2, step.Size / (double)(1 << 20) * Math.Log2(maxLength + 1)) - 1);
            switch (step.Act)
            {
                case Act.Allocate:
                    Allocate(slab, model, length);
                    break;
                case Act.Free when model.Count > 0:
                    var (first, _) = model.At(step.Place % model.Count);
                    slab.Free(first * Granule);
                    model.Remove(first);
                    break;
                case Act.Reserve:
                    Reserve(slab, model, step.Place % granules, length);
                    break;
                case Act.FreeAnywhere when !model.BeginsAt(step.Place % granules):
                    Assert.Throws<InvalidOperationException>(() => slab.Free((long)(step.Place % granules) * Granule));
                    break;
            }

            model.MustEqual(slab);
        }

        return true;
    }

    private static void Allocate(SlabAllocator slab, SlabModel model, long length)
    {
        var longest = model.FreeRanges().Select(range => range.Length).DefaultIfEmpty(0).Max();
        var allocated = slab.TryAllocate(length * Granule, out var offset);
        if (!allocated && longest >= RoundedToStep(length))
            throw new InvalidOperationException($"{length} granules were refused though {longest} are free in one range.");
        if (allocated)
            model.Add(offset / Granule, length);
    }

    private static void Reserve(SlabAllocator slab, SlabModel model, long first, long length)
    {
        var expected = model.IsFree(first, length);
        Assert.Equal(expected, slab.TryReserve(first * Granule, length * Granule));
        if (expected)
            model.Add(first, length);
    }

    private static long RoundedToStep(long length)
    {
        var step = Math.Max(1, (1L << BitOperations.Log2((ulong)length)) / 64);
        return (length + step - 1) / step * step;
    }

    /// <summary>Halves first, then sequences with one step left out.</summary>
    private static IEnumerable<Step[]> Shrink(Step[] steps)
    {
        for (var part = steps.Length / 2; part > 0; part /= 2)
            for (var at = 0; at + part <= steps.Length; at += part)
                yield return [.. steps[..at], .. steps[(at + part)..]];
    }
}

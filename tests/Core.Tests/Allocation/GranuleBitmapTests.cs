using Cascade.Core.Allocation;

namespace Cascade.Core.Tests.Allocation;

public class GranuleBitmapTests
{
    [Theory]
    [InlineData(1, 21)]
    [InlineData(64, 22)]
    [InlineData(65, 23)]
    [InlineData(4096, 24)]
    [InlineData(4097, 25)]
    [InlineData(300_000, 26)]
    public void Floor_after_any_changes_equals_that_of_a_sorted_set(int granules, int seed)
    {
        var random = new Random(seed);
        using var bitmap = new GranuleBitmap(granules);
        var model = new SortedSet<uint> { 0 };
        bitmap.Add(0);
        for (var step = 0; step < 3_000; step++)
        {
            // Bursts in one neighbourhood and single granules far apart: both full words and empty stretches.
            var granule = (uint)random.Next(random.Next(4) == 0 ? granules : Math.Min(granules, 200));
            if (granule != 0 && random.Next(2) == 0)
            {
                bitmap.Remove(granule);
                model.Remove(granule);
            }
            else
            {
                bitmap.Add(granule);
                model.Add(granule);
            }

            var asked = (uint)random.Next(granules);
            Assert.Equal(model.GetViewBetween(0, asked).Max, bitmap.Floor(asked));
            Assert.Equal(model.Contains(asked), bitmap.Contains(asked));
        }

        Assert.Equal(model.Count, bitmap.CountAndCheck());
    }

    [Fact]
    public void Floor_in_an_empty_set_throws()
    {
        using var bitmap = new GranuleBitmap(10_000);
        Assert.Throws<InvalidOperationException>(() => bitmap.Floor(9_999));
    }

    [Fact]
    public void Floor_over_2_to_the_32_granules_finds_the_first_from_the_last()
    {
        using var bitmap = new GranuleBitmap(1L << 32);
        bitmap.Add(0);
        Assert.Equal(0u, bitmap.Floor(uint.MaxValue));
        bitmap.Add(uint.MaxValue);
        Assert.Equal(uint.MaxValue, bitmap.Floor(uint.MaxValue));
        Assert.Equal(0u, bitmap.Floor(uint.MaxValue - 1));
    }
}

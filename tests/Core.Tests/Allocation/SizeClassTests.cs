using Cascade.Core.Allocation;

namespace Cascade.Core.Tests.Allocation;

public class SizeClassTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(63, 63)]
    [InlineData(64, 64)]
    [InlineData(127, 127)]
    [InlineData(128, 128)]
    [InlineData(129, 128)]
    [InlineData(130, 129)]
    [InlineData(255, 191)]
    [InlineData(256, 192)]
    [InlineData(1L << 32, SizeClass.Count - SizeClass.Steps)]
    public void Of_length_is_its_step_in_its_octave(long granules, int expected) =>
        Assert.Equal(expected, SizeClass.Of(granules));

    [Fact]
    public void Of_rising_lengths_never_falls_and_skips_no_class()
    {
        var last = 0;
        for (var granules = 1L; granules <= 1 << 16; granules++)
        {
            var sizeClass = SizeClass.Of(granules);
            Assert.InRange(sizeClass, last, last + 1);
            last = sizeClass;
        }
    }
}

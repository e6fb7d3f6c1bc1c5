using Cascade.Hosting.Cli;

namespace Cascade.Hosting.Tests.Cli;

public sealed class HumanTextTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1 KiB")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(-65536, "-64 KiB")]
    [InlineData(1L << 30, "1 GiB")]
    [InlineData(long.MaxValue, "8 EiB")]
    public void Sizes_are_in_the_largest_unit_that_leaves_one(long bytes, string text) => Assert.Equal(text, HumanText.Size(bytes));

    [Fact]
    public void Numbers_are_the_same_in_every_locale()
    {
        Assert.Equal("1,234,567", HumanText.Count(1_234_567));
        Assert.Equal("61.4 %", HumanText.Percent(0.6142));
        Assert.Equal("1,234.568 us", HumanText.Quantity(1234.5678, "us"));
    }
}

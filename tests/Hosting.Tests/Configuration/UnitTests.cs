using System.Globalization;
using Cascade.Hosting.Configuration.Units;

namespace Cascade.Hosting.Tests.Configuration;

public sealed class UnitTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("4096", 4096)]
    [InlineData("1B", 1)]
    [InlineData("64K", 65536)]
    [InlineData("64k", 65536)]
    [InlineData("64Ki", 65536)]
    [InlineData("64KiB", 65536)]
    [InlineData("64 kibibytes", 65536)]
    [InlineData("64kB", 64000)]
    [InlineData("1 GiB", 1073741824)]
    [InlineData("512MB", 512000000)]
    [InlineData("512M", 536870912)]
    [InlineData("1 megabyte", 1000000)]
    [InlineData("0.5K", 512)]
    [InlineData("1.5 GiB", 1610612736)]
    [InlineData("1e3", 1000)]
    [InlineData("1E", 1152921504606846976)]
    [InlineData("7EiB", 8070450532247928832)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("  2  MiB  ", 2097152)]
    [InlineData("0.001 kB", 1)]
    public void Size_is_exact(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out var parsed, out var reason), reason);
        Assert.Equal(bytes, parsed);
    }

    [Theory]
    [InlineData("", "expected a size such as 4096, 64KiB, 1.5 GiB or 500MB")]
    [InlineData("lots", "expected a size such as 4096, 64KiB, 1.5 GiB or 500MB")]
    [InlineData("1 GiB!", "expected a size such as 4096, 64KiB, 1.5 GiB or 500MB")]
    [InlineData("1 2", "expected a size such as 4096, 64KiB, 1.5 GiB or 500MB")]
    [InlineData("1e999999999", "expected a size such as 4096, 64KiB, 1.5 GiB or 500MB")]
    [InlineData("1 mb", "'mb' is not a unit of size; expected a size such as 4096, 64KiB, 1.5 GiB or 500MB")]
    [InlineData("1 KB", "'KB' is not a unit of size; expected a size such as 4096, 64KiB, 1.5 GiB or 500MB")]
    [InlineData("0.3K", "it is not a whole number of bytes")]
    [InlineData("-1", "a size cannot be negative")]
    [InlineData("8EiB", "it is more than 2^63 - 1 bytes")]
    [InlineData("1ZiB", "it is more than 2^63 - 1 bytes")]
    [InlineData("9223372036854775808", "it is more than 2^63 - 1 bytes")]
    public void Size_refuses_with_a_reason(string text, string expected)
    {
        Assert.False(ByteSize.TryParse(text, out _, out var reason));
        Assert.Equal(expected, reason);
    }

    [Theory]
    [InlineData("250", "00:00:00.2500000")]
    [InlineData("100ms", "00:00:00.1000000")]
    [InlineData("30 s", "00:00:30")]
    [InlineData("2 minutes", "00:02:00")]
    [InlineData("2m", "00:02:00")]
    [InlineData("1.5h", "01:30:00")]
    [InlineData("1 day", "1.00:00:00")]
    [InlineData("0.1 s", "00:00:00.1000000")]
    [InlineData("100ns", "00:00:00.0000001")]
    [InlineData("3 micros", "00:00:00.0000030")]
    [InlineData("10675199 days", "10675199.00:00:00")]
    public void Duration_is_exact(string text, string duration)
    {
        Assert.True(Duration.TryParse(text, out var parsed, out var reason), reason);
        Assert.Equal(TimeSpan.Parse(duration, CultureInfo.InvariantCulture), parsed);
    }

    [Theory]
    [InlineData("soon", "expected a duration such as 250, 100ms, 30 s or 2 minutes")]
    [InlineData("5 S", "'S' is not a unit of time (units are lower-case); expected a duration such as 250, 100ms, 30 s or 2 minutes")]
    [InlineData("50ns", "it is finer than 100 ns")]
    [InlineData("-1 s", "a duration cannot be negative")]
    [InlineData("10675200 days", "it is more than 10,675,199 days")]
    public void Duration_refuses_with_a_reason(string text, string expected)
    {
        Assert.False(Duration.TryParse(text, out _, out var reason));
        Assert.Equal(expected, reason);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("yes", true)]
    [InlineData("on", true)]
    [InlineData("false", false)]
    [InlineData("no", false)]
    [InlineData("off", false)]
    [InlineData("1", null)]
    [InlineData("True", null)]
    public void Switch_reads_six_words(string text, bool? value) => Assert.Equal(value, Switch.TryParse(text));
}

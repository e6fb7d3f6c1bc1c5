using System.Globalization;

namespace Cascade.LoadTests.Reports;

/// <summary>Numbers as people read them, the same whatever the machine's locale.</summary>
internal static class Texts
{
    private static readonly string[] Sizes = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>A size, or a speed without its "/s".</summary>
    public static string Size(double bytes)
    {
        var unit = 0;
        for (; Math.Abs(bytes) >= 1024 && unit < Sizes.Length - 1; unit++)
            bytes /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{Short(bytes)} {Sizes[unit]}");
    }

    /// <summary>A number with its thousands apart, and decimals when it is small.</summary>
    public static string Number(double value) => value.ToString(Math.Abs(value) is > 0 and < 100 ? "0.##" : "N0", CultureInfo.InvariantCulture);

    /// <summary>A latency, in the unit that suits it.</summary>
    public static string Time(double microseconds) => microseconds switch
    {
        < 1_000 => $"{Short(microseconds)} µs",
        < 1_000_000 => $"{Short(microseconds / 1_000)} ms",
        _ => $"{Short(microseconds / 1_000_000)} s",
    };

    /// <summary>The stretches of load, in a line.</summary>
    public static string Load(IEnumerable<SimulationReport> simulations) => string.Join(", then ", simulations.Select(simulation =>
    {
        var amount = simulation.RatePerS is { } rate ? $"{Number(rate)} arrivals/s" : $"{simulation.Copies} {(simulation.Copies == 1 ? "copy" : "copies")}";
        var ramp = simulation.Kind.StartsWith("ramping", StringComparison.Ordinal) ? "a ramp to " : "";
        return $"{ramp}{amount} for {Number(simulation.DuringS)} s";
    }));

    private static string Short(double value) => value.ToString(
        Math.Abs(value) switch { >= 100 => "0", >= 10 => "0.0", _ => "0.00" }, CultureInfo.InvariantCulture);
}

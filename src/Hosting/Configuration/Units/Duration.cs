namespace Cascade.Hosting.Configuration.Units;

/// <summary>Durations as the HOCON specification writes them: a plain number is milliseconds; units are lower-case.</summary>
internal static class Duration
{
    public const string Expected = "a duration such as 250, 100ms, 30 s or 2 minutes";

    private const long NanosecondsPerTick = 100;

    private static readonly Dictionary<string, long> Units = MakeUnits(
        (1L, ["ns", "nano", "nanos", "nanosecond", "nanoseconds"]),
        (1_000L, ["us", "micro", "micros", "microsecond", "microseconds"]),
        (1_000_000L, ["", "ms", "milli", "millis", "millisecond", "milliseconds"]),
        (1_000_000_000L, ["s", "second", "seconds"]),
        (60_000_000_000L, ["m", "minute", "minutes"]),
        (3_600_000_000_000L, ["h", "hour", "hours"]),
        (86_400_000_000_000L, ["d", "day", "days"]));

    /// <summary>
    /// Reads a duration; false, with the reason, when it is malformed, negative, finer than 100 ns, or beyond <see
    /// cref="TimeSpan.MaxValue"/>.
    /// </summary>
    public static bool TryParse(string text, out TimeSpan duration, out string reason)
    {
        duration = TimeSpan.Zero;
        reason = "";
        if (!Quantity.TryParse(text, out var quantity))
            reason = $"expected {Expected}";
        else if (!Units.TryGetValue(quantity.Unit, out var nanoseconds))
            reason = $"'{quantity.Unit}' is not a unit of time (units are lower-case); expected {Expected}";
        else if (quantity.Times(nanoseconds) is not { } exact || exact % NanosecondsPerTick != 0)
            reason = "it is finer than 100 ns";
        else if (exact < 0)
            reason = "a duration cannot be negative";
        else if (exact / NanosecondsPerTick > long.MaxValue)
            reason = "it is more than 10,675,199 days";
        else
            duration = TimeSpan.FromTicks((long)(exact / NanosecondsPerTick));
        return reason.Length == 0;
    }

    private static Dictionary<string, long> MakeUnits(params (long Nanoseconds, string[] Names)[] units) =>
        units.SelectMany(unit => unit.Names, (unit, name) => (name, unit.Nanoseconds))
            .ToDictionary(unit => unit.name, unit => unit.Nanoseconds, StringComparer.Ordinal);
}

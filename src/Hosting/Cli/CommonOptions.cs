using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Cascade.Hosting.Configuration.Units;

namespace Cascade.Hosting.Cli;

/// <summary>Options that several verbs have, so that they are called and read the same everywhere.</summary>
internal static class CommonOptions
{
    /// <summary>Prints a report as one JSON document.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Print one JSON document instead of tables." };

    /// <summary>A whole number; null when it is not given.</summary>
    public static Option<long?> Count(string name, string description, long min, long max = long.MaxValue) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
                && value >= min && value <= max)
                return value;
            var range = max == long.MaxValue ? $"of at least {min}" : $"from {min} to {max}";
            result.AddError($"'{text}' is not good for {name}: expected a whole number {range}.");
            return null;
        },
    };

    /// <summary>A size in bytes, with a unit as in the configuration; null when it is not given.</summary>
    public static Option<long?> Size(string name, string description, long minBytes = 1, long maxBytes = long.MaxValue)
    {
        return new(name)
        {
            Description = description,
            HelpName = "SIZE",
            CustomParser = result => ParseSize(result, name, minBytes, maxBytes),
        };
    }

    /// <summary>A duration, with a unit as in the configuration; null when it is not given.</summary>
    public static Option<TimeSpan?> Time(string name, string description, TimeSpan min, TimeSpan max) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (!Duration.TryParse(text, out var duration, out var reason))
                result.AddError($"'{text}' is not good for {name}: {reason}.");
            else if (duration < min || duration > max)
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"'{text}' is not good for {name}: expected {min.TotalSeconds} to {max.TotalSeconds} s."));
            else
                return duration;
            return null;
        },
    };

    /// <summary>A directory, which need not be there; its full path, null when it is not given.</summary>
    public static Option<string?> Folder(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "DIR",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (text.Length > 0 && !text.Contains('\0', StringComparison.Ordinal) && !File.Exists(text))
                return Path.GetFullPath(text);
            result.AddError($"'{text}' is not good for {name}: expected a directory{(File.Exists(text) ? ", and it is a file" : "")}.");
            return null;
        },
    };

    private static long? ParseSize(ArgumentResult result, string name, long minBytes, long maxBytes)
    {
        var text = result.Tokens[0].Value;
        if (!ByteSize.TryParse(text, out var bytes, out var reason))
        {
            result.AddError($"'{text}' is not good for {name}: {reason}.");
            return null;
        }

        if (bytes >= minBytes && bytes <= maxBytes)
            return bytes;
        result.AddError($"'{text}' is not good for {name}: expected {HumanText.Size(minBytes)} to {HumanText.Size(maxBytes)}.");
        return null;
    }
}

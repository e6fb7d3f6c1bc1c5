using System.Globalization;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor.Probes;

/// <summary>Says how the process of a probe ended.</summary>
internal static class ProbeWords
{
    private const int TextMax = 200;

    /// <summary>To follow the word "ended".</summary>
    public static string EndOf(ProgramOutcome outcome)
    {
        var said = outcome.Error.ReplaceLineEndings(" ");
        var words = said.Length > 0 ? $" ({said[..Math.Min(said.Length, TextMax)]})" : "";
        return outcome.ExitCode switch
        {
            null => $"in no time that was given{words}",
            > 128 and var code => string.Create(CultureInfo.InvariantCulture, $"by signal {code - 128}{words}"),
            var code => string.Create(CultureInfo.InvariantCulture, $"with code {code}{words}"),
        };
    }
}

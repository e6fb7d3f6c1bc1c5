using System.Globalization;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor.Probes;

/// <summary>Says how the process of a probe ended.</summary>
internal static class ProbeWords
{
    private const int TextMax = 200;

    /// <summary>To follow what was to be done.</summary>
    public static string EndOf(ProgramOutcome outcome)
    {
        var said = outcome.Error.ReplaceLineEndings(" ");
        var words = said.Length > 0 ? $" ({said[..Math.Min(said.Length, TextMax)]})" : "";
        return outcome.ExitCode switch
        {
            null => $"did not end{words}",
            > 128 and var code => string.Create(CultureInfo.InvariantCulture, $"ended by signal {code - 128}{words}"),
            var code => string.Create(CultureInfo.InvariantCulture, $"ended with code {code}{words}"),
        };
    }
}

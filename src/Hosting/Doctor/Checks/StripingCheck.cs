using System.Globalization;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>Whether files of the cold tier can be spread over Lustre's targets.</summary>
internal sealed class StripingCheck(Machine machine) : ICheck
{
    private const int TextMax = 200;

    /// <inheritdoc/>
    public string Name => "striping";

    /// <inheritdoc/>
    public Finding Examine(CascadeOptions options)
    {
        if (ColdPlace.Of(options, machine.Files) is not { } place)
            return Finding.Ok("no directory is configured", "nothing to stripe");
        if (place.Mount is not { IsLustre: true })
            return Finding.Ok($"{place.Existing} is not on Lustre", "nothing to stripe");
        var cold = options.Tiers.Cold;
        var wanted = $"{(cold.StripeCount < 0 ? "all targets" : string.Create(CultureInfo.InvariantCulture, $"{cold.StripeCount} targets"))} in stripes of "
            + HumanText.Size(cold.StripeBytes);
        if (machine.Programs.Find("lfs") is not { } lfs)
            return Finding.Note(
                $"{place.Existing} is on Lustre, and 'lfs' is not on the PATH",
                "files go to as many targets as the directory says, mostly one, which is slower",
                $"install Lustre's client programs, or have 'lfs setstripe' spread {place.Directory} over {wanted} elsewhere");
        var outcome = machine.Programs.Run(lfs, "getstripe", "-d", place.Existing);
        var said = string.Join(' ', outcome.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return outcome.ExitCode == 0
            ? Finding.Ok($"{place.Existing} is on Lustre, now with {said[..Math.Min(said.Length, TextMax)]}", $"spreads new files over {wanted}")
            : Finding.Note(
                $"{place.Existing} is on Lustre, and {lfs} fails ({outcome.Error})",
                "files may go to as many targets as the directory says, mostly one, which is slower",
                $"run '{lfs} getstripe -d {place.Existing}' by hand and mend what it names");
    }
}

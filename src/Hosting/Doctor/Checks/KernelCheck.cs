using System.Globalization;
using System.Text.RegularExpressions;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>The kernel's version, and how it lets memory be mapped.</summary>
internal sealed partial class KernelCheck(Machine machine) : ICheck
{
    private const int MapsMin = 65530;

    /// <summary>The first that knows MADV_POPULATE_WRITE.</summary>
    private static readonly Version Populates = new(5, 14);

    /// <inheritdoc/>
    public string Name => "kernel";

    /// <inheritdoc/>
    public Finding Examine(CascadeOptions options)
    {
        var draft = new FindingDraft();
        var release = machine.Files.ReadText("/proc/sys/kernel/osrelease");
        draft.Found($"Linux {release ?? "of an unknown version"}");
        var number = VersionNumber().Match(release ?? "");
        if (number.Success && Version.Parse(number.Value) < Populates)
            draft.Note("the arena is set aside at start by touching page after page, which is slower", "a kernel of 5.14 or later does it in one call");
        if (machine.Files.ReadText("/proc/sys/vm/overcommit_memory") is { } overcommit)
        {
            draft.Found($"vm.overcommit_memory {overcommit}");
            if (overcommit == "2")
                draft.Note("mapping an arena can be refused though its memory is there", "as root: sysctl -w vm.overcommit_memory=0");
        }

        if (int.TryParse(machine.Files.ReadText("/proc/sys/vm/max_map_count"), NumberStyles.None, CultureInfo.InvariantCulture, out var maps))
        {
            draft.Found(string.Create(CultureInfo.InvariantCulture, $"vm.max_map_count {maps}"));
            if (maps < MapsMin)
                draft.Note(
                    "the runtime's memory, arenas of other nodes and libraries share few mappings",
                    string.Create(CultureInfo.InvariantCulture, $"as root: sysctl -w vm.max_map_count={MapsMin}"));
        }

        return draft.End("sets the arena's memory aside at start in one call for each piece");
    }

    [GeneratedRegex(@"^\d+\.\d+")]
    private static partial Regex VersionNumber();
}

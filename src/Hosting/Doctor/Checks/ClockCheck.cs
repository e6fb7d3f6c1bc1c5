using Cascade.Hosting.Cli;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>Whether the clock is kept right, and is quick to read.</summary>
internal sealed class ClockCheck(Machine machine) : ICheck
{
    /// <inheritdoc/>
    public string Name => "clock";

    /// <inheritdoc/>
    public Finding Examine(CascadeOptions options)
    {
        var draft = new FindingDraft();
        switch (machine.ReadClock())
        {
            case null:
                draft.Found("the kernel does not tell whether the clock is synchronized");
                break;
            case { IsSynchronized: true } state:
                draft.Found($"synchronized, within {HumanText.Quantity(state.ErrorMax.TotalMilliseconds, "ms")}");
                break;
            default:
                draft.Found("not synchronized");
                draft.Note(
                    "clocks of nodes drift apart: of two writes to a key the earlier one may hold, and certificates may be refused",
                    "run an NTP client such as chrony, here or on the host of a virtual machine ('timedatectl' shows it)");
                break;
        }

        if (machine.Files.ReadText("/sys/devices/system/clocksource/clocksource0/current_clocksource") is { } source)
        {
            draft.Found($"clocksource {source}");
            if (source is "hpet" or "acpi_pm" or "jiffies" or "pit")
                draft.Note(
                    "each look at the clock takes about a microsecond, and each operation looks",
                    "let the kernel use tsc (boot parameter tsc=reliable), or kvm-clock in a virtual machine");
        }

        return draft.End("of two writes to a key the later one holds, by the clocks of the nodes");
    }
}

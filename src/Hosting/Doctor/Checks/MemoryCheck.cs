using Cascade.Hosting.Cli;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>Memory of the machine and of the control group, against what the arena takes.</summary>
internal sealed class MemoryCheck(Machine machine) : ICheck
{
    /// <summary>For the program itself, beside the arena.</summary>
    private const long ProgramBytes = 256 << 20;

    /// <inheritdoc/>
    public string Name => "memory";

    /// <inheritdoc/>
    public Finding Examine(CascadeOptions options)
    {
        var memory = MemoryInfo.Read(machine.Files);
        var need = ArenaNeed.Of(options, machine.Files);
        var draft = new FindingDraft();
        if (memory.Value("MemAvailable") is { } available)
        {
            draft.Found($"{HumanText.Size(available)} available of {HumanText.Size(memory.Value("MemTotal") ?? 0)}");
            if (available < need.MissingBytes)
                draft.Problem(
                    $"the node refuses to start, because its arena needs {HumanText.Size(need.MissingBytes)}",
                    $"{ArenaNeed.SettingFor(available)}, or free memory");
        }

        if (ControlGroupMemory.Read(machine.Files) is { } group)
            JudgeGroup(draft, group, need);
        else
            draft.Found("no limit by a control group");
        return draft.End($"takes {HumanText.Size(need.NeededBytes)} for the arena{(need.HeldBytes > 0 ? ", which is there from before" : "")}");
    }

    private static void JudgeGroup(FindingDraft draft, ControlGroupMemory group, ArenaNeed need)
    {
        const string Raise = "raise the limit ('srun --mem', '--memory' of a container, MemoryMax= of a service)";
        draft.Found($"{HumanText.Size(group.UsedBytes)} used of the control group's {HumanText.Size(group.LimitBytes)}");
        var room = group.LimitBytes - ProgramBytes;
        if (room < need.NeededBytes)
            draft.Problem(
                $"the kernel ends the node when its arena of {HumanText.Size(need.NeededBytes)} is touched",
                $"{Raise}, or {ArenaNeed.SettingFor(room)}");
        else if (room - group.UsedBytes < need.MissingBytes)
            draft.Note(
                "the arena fits only if the kernel takes back what others of the control group use",
                $"{Raise}, or {ArenaNeed.SettingFor(Math.Max(0, room - group.UsedBytes))}");
    }
}

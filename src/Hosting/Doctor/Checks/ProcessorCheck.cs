using System.Globalization;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>Processors, and the instructions that block digests are computed by.</summary>
internal sealed class ProcessorCheck(Machine machine) : ICheck
{
    /// <inheritdoc/>
    public string Name => "cpu";

    /// <inheritdoc/>
    public Finding Examine(CascadeOptions options)
    {
        var draft = new FindingDraft();
        var (count, instructions, lanes) = machine.Processor;
        var online = NumberRanges.Count(machine.Files.ReadText("/sys/devices/system/cpu/online"));
        draft.Found(online > count ? $"{count} of {online} processors" : count == 1 ? "1 processor" : $"{count} processors");
        draft.Found(instructions.Length > 0 ? instructions : "no vector instructions");
        if (Model() is { } model)
            draft.Found(model);
        if (lanes == 1)
            draft.Note(
                "block digests are computed several times slower than they can be",
                "run on processors with AVX2, AVX-512 or NEON, let a virtual machine see them, and unset DOTNET_EnableHWIntrinsic and DOTNET_EnableAVX2");
        if (count == 1 && online > 1)
            draft.Note(
                "all threads of the node share one processor",
                "give the node more: 'srun --cpus-per-task=N' under SLURM, a wider 'taskset', or a larger share of the container");
        return draft.End(string.Create(
            CultureInfo.InvariantCulture, $"hashes {lanes} chunks of a block at a time with each of {options.Put.HashThreads} threads"));
    }

    private string? Model() => machine.Files.ReadText("/proc/cpuinfo")?.Split('\n')
        .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[^1].Trim();
}

using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>Memory that is nearer to some processors than to others.</summary>
internal sealed class NumaCheck(Machine machine) : ICheck
{
    /// <inheritdoc/>
    public string Name => "numa";

    /// <inheritdoc/>
    public Finding Examine(CascadeOptions options) => NumberRanges.Count(machine.Files.ReadText("/sys/devices/system/node/online")) switch
    {
        0 => Finding.Ok("the kernel names no NUMA nodes", "all memory is taken to be equally near"),
        1 => Finding.Ok("1 NUMA node", "all memory is equally near"),
        var nodes => Finding.Note(
            $"{nodes} NUMA nodes",
            "the arena lies on whichever of them had room when it was touched first, and is read more slowly from the others",
            "start the node by 'numactl --interleave=all', which spreads the arena evenly"),
    };
}

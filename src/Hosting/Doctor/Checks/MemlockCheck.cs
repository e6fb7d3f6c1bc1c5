using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>How much memory may be locked: an RDMA network registers the arena, which locks it.</summary>
internal sealed class MemlockCheck(Machine machine) : ICheck
{
    /// <inheritdoc/>
    public string Name => "memlock";

    /// <inheritdoc/>
    public Finding Examine(CascadeOptions options)
    {
        if (ProcessLimit.Read(machine.Files, "Max locked memory") is not { } limit)
            return Finding.Ok("the kernel names no limit of locked memory", "locks as much as an RDMA network asks for");
        var found = limit.Soft == limit.Hard
            ? $"{ProcessLimit.Size(limit.Soft)} may be locked"
            : $"{ProcessLimit.Size(limit.Soft)} may be locked, and {ProcessLimit.Size(limit.Hard)} when asked for";
        return limit.Soft >= ArenaNeed.Of(options, machine.Files).NeededBytes
            ? Finding.Ok(found, "an RDMA network can register the whole arena")
            : Finding.Note(
                found,
                "an RDMA network cannot register the arena, so MPI would fail on one or be slow; mapping and TCP need no locked memory",
                "ulimit -l unlimited (memlock in /etc/security/limits.conf, LimitMEMLOCK=infinity of slurmd or the service)");
    }
}

using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Cluster.Tests.Simulation;

/// <summary>What a reader was promised: this copy stays until the promise is ended or its time is over.</summary>
internal sealed class ReaderPin(CopyLocation copy, BlockId id, TimeSpan until)
{
    public CopyLocation Copy { get; } = copy;

    public BlockId Id { get; } = id;

    public TimeSpan Until { get; } = until;

    public bool IsEnded { get; set; }
}

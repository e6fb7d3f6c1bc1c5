using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Mpi;

/// <summary>A rank of the world, and whether it is worth asking. Thread-safe.</summary>
/// <remarks>
/// A rank with reads that did not come in time is asked again only once they have all come: a rank that was stopped, or a network that hung, recovers so,
/// and one that died does not, whatever the transport says about it. A rank for which the library reported an error, or of whose death somebody told, is not asked again
/// at all: MPI cannot mend a connection.
/// </remarks>
internal sealed class MpiPeer(NodeLife life, int rank, ArenaLayout layout)
{
    private int _lateGets;
    private string? _lost;

    public NodeId Node => Life.Node;

    /// <summary>The node as it was started: one of its number that was started later is no rank.</summary>
    public NodeLife Life { get; } = life;

    public int Rank { get; } = rank;

    /// <summary>Where things lie in its memory.</summary>
    public ArenaLayout Layout { get; } = layout;

    /// <summary>Why it is never to be asked again; null while it may be.</summary>
    public string? Lost => Volatile.Read(ref _lost);

    /// <summary>Why it is not to be asked now; null when it may be.</summary>
    public string? WhyNot => Lost ?? (Volatile.Read(ref _lateGets) > 0 ? $"{Node} has not answered in time; it is asked again once it has" : null);

    /// <summary>A read of it did not come in time.</summary>
    public void AddLate() => Interlocked.Increment(ref _lateGets);

    /// <summary>A read that was late has come.</summary>
    public void RemoveLate() => Interlocked.Decrement(ref _lateGets);

    /// <summary>Gives it up. The first reason stays; true when this is it.</summary>
    public bool Lose(string reason) => Interlocked.CompareExchange(ref _lost, reason, null) is null;
}

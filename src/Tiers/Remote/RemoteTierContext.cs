using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Hashing;
using Cascade.Core.Remote;
using Cascade.Tiers.Fabric;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Remote;

/// <summary>What a remote tier works with.</summary>
public sealed record RemoteTierContext
{
    /// <summary>The other nodes' actors.</summary>
    public required NodeRefs Nodes { get; init; }

    /// <summary>Knows the owners' destination and this node's memory tier.</summary>
    public required Recipients Recipients { get; init; }

    /// <summary>This node's arena, as readers see it.</summary>
    public required ShmDirectory Copies { get; init; }

    /// <summary>Where copies of other nodes go, with the memory tier's actor.</summary>
    public required ArenaPullSpace Space { get; init; }

    /// <summary>The cold tier's actor; null when the node has none.</summary>
    public IActorRef? Cold { get; init; }

    /// <summary>Reads cold files that this node shares with others, into <see cref="Space"/>; null when it shares none.</summary>
    public SharedCopies? Shared { get; init; }

    /// <summary>By what ways bytes are pulled.</summary>
    public required FabricRouter Router { get; init; }

    /// <summary>Those ways, as they are told of nodes that come and go.</summary>
    public required FabricPeers Peers { get; init; }

    /// <summary>This node's reader, whose overdue leases the tier ends.</summary>
    public required RemoteReader Reader { get; init; }

    /// <summary>What the cluster names its blocks by.</summary>
    public DigestAlgorithm DigestAlgorithm { get; init; } = DigestAlgorithm.Blake3;

    /// <summary>Brings blocks of device memory into memory; null when the node has none.</summary>
    public IActorRef? Gpu { get; init; }

    /// <summary>Bounds of what is lent.</summary>
    public CopyLenderSettings Lending { get; init; } = new();

    /// <summary>Bounds of what is brought here.</summary>
    public CopyBringerSettings Bringing { get; init; } = new();

    /// <summary>Where lease numbers start: later than any of an earlier life, such as a stamp of the node's clock.</summary>
    public required ulong FirstLease { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }
}

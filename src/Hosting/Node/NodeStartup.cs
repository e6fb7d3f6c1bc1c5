using Cascade.Actors;
using Cascade.Core.Clocks;
using Cascade.Core.Membership;
using Cascade.Core.Ports;
using Cascade.Tiers.Cold;
using Cascade.Tiers.Shm;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cascade.Hosting.Node;

/// <summary>What a node is started with beside its configuration.</summary>
public sealed record NodeStartup
{
    /// <summary>Where the node logs to.</summary>
    public ILoggerFactory Logging { get; init; } = NullLoggerFactory.Instance;

    /// <summary>All time of the node.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Told of bytes done and bytes in all while memory is set aside.</summary>
    public IProgress<(long DoneBytes, long TotalBytes)>? Progress { get; init; }

    /// <summary>Told of files read and files in all while the cold tier finds out what is on disk.</summary>
    public IProgress<(long DoneFiles, long TotalFiles)>? RecoveryProgress { get; init; }

    /// <summary>Told of bytes done and bytes in all while devices are let at shared memory.</summary>
    public IProgress<(long DoneBytes, long TotalBytes)>? RegistrationProgress { get; init; }

    /// <summary>Discard the arena that is there and start empty.</summary>
    public bool Reset { get; init; }

    /// <summary>Leave the arena in place at the stop, so that the next start serves its blocks again.</summary>
    public bool KeepArena { get; init; } = true;

    /// <summary>Who starts the node gives up after a while, and then says that no seed answered: it is not logged before.</summary>
    internal bool IsJoinTimed { get; init; }

    /// <summary>Changes periods and bounds of the membership, for tests.</summary>
    internal Func<MembershipSettings, MembershipSettings> Membership { get; init; } = static settings => settings;

    /// <summary>What the node's actors run on; null for the thread pool.</summary>
    internal IDispatcher? Dispatcher { get; init; }

    /// <summary>Makes what the node reaches others by, for the life that started at a stamp; null for sockets.</summary>
    internal Func<ActorSystem, HybridTimestamp, INodeNetwork>? Network { get; init; }

    /// <summary>Makes the one way by which bytes come from others into the node's arena; null for mapping and sockets.</summary>
    internal Func<ShmArena, IPayloadFabric>? Fabric { get; init; }

    /// <summary>Makes the device under the cold tier, on the arena's payload area and with where its completions go; null for files.</summary>
    internal Func<PayloadArea, CompletionInbox, IColdDevice>? ColdDevice { get; init; }

    /// <summary>Stands between the memory tier and the arena, for tests; null for nothing.</summary>
    internal Func<IBlockArena, IBlockArena>? WatchArena { get; init; }

    /// <summary>What random choices are drawn from, beside the node's number and start.</summary>
    internal ulong Seed { get; init; }
}

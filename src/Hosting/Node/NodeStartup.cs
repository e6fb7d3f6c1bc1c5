using Cascade.Core.Membership;
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

    /// <summary>Discard the arena that is there and start empty.</summary>
    public bool Reset { get; init; }

    /// <summary>Leave the arena in place at the stop, so that the next start serves its blocks again.</summary>
    public bool KeepArena { get; init; } = true;

    /// <summary>Changes periods and bounds of the membership, for tests.</summary>
    internal Func<MembershipSettings, MembershipSettings> Membership { get; init; } = static settings => settings;

    /// <summary>What random choices are drawn from, beside the node's number and start.</summary>
    internal ulong Seed { get; init; }
}

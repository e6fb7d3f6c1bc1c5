using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Node;

/// <summary>What a node logs. Event ids are fixed: 1000 to 1099.</summary>
internal static partial class NodeLog
{
    [LoggerMessage(1000, LogLevel.Information, "Arena {Path} created: {CapacityBytes} bytes for at most {Slots} blocks, in {Milliseconds} ms")]
    public static partial void ArenaCreated(ILogger logger, string path, long capacityBytes, int slots, long milliseconds);

    [LoggerMessage(
        1001,
        LogLevel.Information,
        "Arena {Path} taken over: {Blocks} blocks, {Bytes} bytes, {Aliases} further keys; dropped {InFlight} in flight and {Damaged} damaged; in {Milliseconds} ms")]
    public static partial void ArenaAttached(
        ILogger logger, string path, int blocks, long bytes, int aliases, int inFlight, int damaged, long milliseconds);

    [LoggerMessage(1002, LogLevel.Error, "{Source}: {Problem}")]
    public static partial void ActorFailed(ILogger logger, string source, string problem, Exception? cause);

    [LoggerMessage(1003, LogLevel.Error, "Block {Id} in slot {Slot} no longer matches its digest: it is dropped and never served")]
    public static partial void CorruptBlock(ILogger logger, Core.Identity.BlockId id, uint slot);

    [LoggerMessage(1004, LogLevel.Warning, "Stopping with {Calls} calls still under way after {Waited}: the arena stays open until the process ends")]
    public static partial void StopNotClean(ILogger logger, int calls, TimeSpan waited);

    [LoggerMessage(1005, LogLevel.Information, "{Node} of cluster {Cluster} serves; BLAKE3 by {Blake3}")]
    public static partial void Serving(ILogger logger, Core.Identity.NodeId node, string cluster, string blake3);

    [LoggerMessage(1006, LogLevel.Information, "{Node} stopped")]
    public static partial void Stopped(ILogger logger, Core.Identity.NodeId node);

    [LoggerMessage(
        1007,
        LogLevel.Information,
        "Cold tier in {Directory}: {Blocks} blocks under {Keys} keys; {Headers} records read that no checkpoint covered, in {Milliseconds} ms")]
    public static partial void ColdReady(ILogger logger, string directory, int blocks, int keys, long headers, long milliseconds);

    [LoggerMessage(1008, LogLevel.Warning, "Cold tier: {Warning}")]
    public static partial void ColdWarning(ILogger logger, string warning);

    [LoggerMessage(1009, LogLevel.Warning, "Cold tier: {Notice}")]
    public static partial void ColdBuffered(ILogger logger, string notice);

    [LoggerMessage(1010, LogLevel.Error, "Cold tier: {Trouble}")]
    public static partial void ColdTrouble(ILogger logger, string trouble);

    [LoggerMessage(1011, LogLevel.Warning, "Stopping although the cold tier is still at work after {Waited}: what is not on disk yet is left to the next start")]
    public static partial void ColdStopNotClean(ILogger logger, TimeSpan waited);

    [LoggerMessage(1012, LogLevel.Information, "{Node} at {Address} is {State}")]
    public static partial void MemberChanged(ILogger logger, Core.Identity.NodeId node, Core.Membership.NodeAddress address, Core.Membership.MemberState state);

    [LoggerMessage(1013, LogLevel.Warning, "No seed answers after {Rounds} rounds; each is given {Wait} in the next: are cascade.remoting.seeds right, and is one of them running?")]
    public static partial void SeedsSilent(ILogger logger, int rounds, TimeSpan wait);

    [LoggerMessage(1014, LogLevel.Error, "The cluster does not take this node: {Reason}")]
    public static partial void JoinRefused(ILogger logger, string reason);

    [LoggerMessage(1015, LogLevel.Critical, "This node has to stop: {Reason}")]
    public static partial void Overruled(ILogger logger, string reason);

    [LoggerMessage(1016, LogLevel.Warning, "A connection was refused: {Reason}")]
    public static partial void PeerRefused(ILogger logger, string reason);

    [LoggerMessage(1017, LogLevel.Debug, "Connection to {Peer}: {Text}")]
    public static partial void Remoting(ILogger logger, string peer, string text);

    [LoggerMessage(1018, LogLevel.Warning, "TLS: {Warning}")]
    public static partial void TlsWarning(ILogger logger, string warning);

    [LoggerMessage(1019, LogLevel.Warning, "Leaving although others have not taken over all keys after {Waited}: they rebuild the rest from what nodes hold")]
    public static partial void HandOverNotDone(ILogger logger, TimeSpan waited);

    [LoggerMessage(1020, LogLevel.Information, "A connection for blocks from {From} was closed: {Reason} {Detail}")]
    public static partial void BulkClosed(ILogger logger, System.Net.EndPoint? from, Tiers.Fabric.BulkCloseReason reason, string? detail);

    [LoggerMessage(1026, LogLevel.Information, "Blocks do not come by MPI: {Reason}")]
    public static partial void MpiAbsent(ILogger logger, string reason);

    [LoggerMessage(1027, LogLevel.Information, "MPI rank {Rank} of {Size} ({Library}), in {Milliseconds} ms")]
    public static partial void MpiStarted(ILogger logger, int rank, int size, string library, long milliseconds);

    [LoggerMessage(1028, LogLevel.Warning, "{Trouble}")]
    public static partial void MpiTrouble(ILogger logger, string trouble);

    [LoggerMessage(1029, LogLevel.Information, "MPI is left without MPI_Finalize: other ranks stay, or have died")]
    public static partial void MpiLeftOpen(ILogger logger);

    [LoggerMessage(1030, LogLevel.Information, "No device memory: {Reason}. All else works without")]
    public static partial void NoGpu(ILogger logger, string reason);

    [LoggerMessage(1031, LogLevel.Information, "Device {Device} ({Name}): {Bytes} of {TotalBytes} for blocks")]
    public static partial void GpuSlab(ILogger logger, int device, string name, string bytes, string totalBytes);

    [LoggerMessage(1032, LogLevel.Information, "Devices copy from and to {Bytes} of shared memory by themselves: registered in {Milliseconds} ms")]
    public static partial void GpuRegistered(ILogger logger, string bytes, long milliseconds);

    [LoggerMessage(1033, LogLevel.Warning, "Device memory: {Warning}")]
    public static partial void GpuWarning(ILogger logger, string warning);

    [LoggerMessage(1034, LogLevel.Error, "Device {Device} ({Name}) has failed: {Reason}. Its copies are given up; the node goes on with its other tiers")]
    public static partial void GpuLost(ILogger logger, int device, string name, string reason);

    [LoggerMessage(1022, LogLevel.Information, "{Path} removed: {Bytes} bytes that a node of a job left when it was killed")]
    public static partial void LeftoverRemoved(ILogger logger, string path, long bytes);

    [LoggerMessage(1023, LogLevel.Warning, "Stopping although not all parts have ended after {Waited}: the process ends them")]
    public static partial void PartsNotEnded(ILogger logger, TimeSpan waited);

    [LoggerMessage(1025, LogLevel.Information, "Another member of the cluster asked this node to drain: its host stops")]
    public static partial void DrainAsked(ILogger logger);
}

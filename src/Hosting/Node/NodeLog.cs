using Cascade.Tiers.Shm;
using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Node;

/// <summary>What a node logs. Event ids are fixed: 1000 to 1099.</summary>
internal static partial class NodeLog
{
    [LoggerMessage(1000, LogLevel.Information, "Arena {Path} created: {CapacityBytes} bytes for {Slots} blocks in {Elapsed}")]
    public static partial void ArenaCreated(ILogger logger, string path, long capacityBytes, int slots, TimeSpan elapsed);

    [LoggerMessage(1001, LogLevel.Information, "Arena {Path} taken over: {Report}")]
    public static partial void ArenaAttached(ILogger logger, string path, AttachReport report);

    [LoggerMessage(1002, LogLevel.Error, "{Source}: {Problem}")]
    public static partial void ActorFailed(ILogger logger, string source, string problem, Exception? cause);

    [LoggerMessage(1003, LogLevel.Error, "Block {Id} in slot {Slot} no longer matches its digest: it is dropped and never served")]
    public static partial void CorruptBlock(ILogger logger, Core.Identity.BlockId id, uint slot);

    [LoggerMessage(1004, LogLevel.Warning, "Stopping with {Calls} calls still under way after {Waited}: the arena stays open until the process ends")]
    public static partial void StopNotClean(ILogger logger, int calls, TimeSpan waited);

    [LoggerMessage(1005, LogLevel.Information, "Node {Node} of cluster {Cluster} serves; BLAKE3 by {Blake3}")]
    public static partial void Serving(ILogger logger, Core.Identity.NodeId node, string cluster, string blake3);

    [LoggerMessage(1006, LogLevel.Information, "Node {Node} stopped")]
    public static partial void Stopped(ILogger logger, Core.Identity.NodeId node);
}

using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Hosting.Configuration;
using Cascade.Tiers.Cold;
using Cascade.Tiers.Remote;
using Cascade.Tiers.Shm;
using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Node;

/// <summary>What of a node is its cold tier: the directory, the device on it, the store and its actor.</summary>
internal sealed class ColdParts : IDisposable
{
    private readonly ColdDirectory? _directory;
    private readonly IColdDevice _device;
    private readonly CompletionInbox _inbox = new();
    private readonly TaskCompletionSource<ColdReady> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TierAddress _address;
    private readonly ILogger _logger;

    private ColdParts(CascadeOptions options, ColdDirectory? directory, ShmArena arena, IProtectedBlocks registered, NodeStartup startup, ILogger logger)
    {
        _directory = directory;
        _logger = logger;
        _address = new TierAddress(new NodeId((uint)options.Node.Id), TierKind.Cold);
        Store = new ColdStoreCore(_address, SettingsOf(options), options.Cluster.Digest, registered);
        var area = new PayloadArea(arena.PayloadAddress, arena.CapacityBytes);
        Records = directory is not null && options.Tiers.Cold.IsShared
            ? new SharedRecords(directory.Path, options.Cluster.Digest, options.Tiers.Cold.Threads, startup.Time)
            : null;
        _device = directory is null ? startup.ColdDevice!(area, _inbox) : OpenDevice(options, directory, area, startup);
    }

    /// <summary>What the files hold.</summary>
    public ColdStoreCore Store { get; }

    /// <summary>Reads the files of other nodes in the same directory; null when it is not shared.</summary>
    public SharedRecords? Records { get; }

    /// <summary>What this node tells of itself, so that others know whether they see its files.</summary>
    public IEnumerable<KeyValuePair<string, string>> Labels => Records is null ? [] : [new(SharedCopies.Label, Records.DirectoryId)];

    /// <summary>Completes when what is on disk is known and its keys are told.</summary>
    public Task<ColdReady> Ready => _ready.Task;

    /// <summary>Opens the node's files.</summary>
    /// <exception cref="ColdRefusedException">The directory cannot be used; the message says why and what to do.</exception>
    public static ColdParts Open(CascadeOptions options, ShmArena arena, IProtectedBlocks registered, NodeStartup startup, ILogger logger)
    {
        if (startup.ColdDevice is not null)
            return new ColdParts(options, directory: null, arena, registered, startup, logger);
        var cold = options.Tiers.Cold;
        var directory = ColdDirectory.Open(
            new ColdDirectoryOptions
            {
                DirectoryPath = cold.Directory,
                Rank = options.Node.Id,
                StripeCount = cold.StripeCount,
                StripeSizeBytes = cold.StripeBytes,
            },
            warning => NodeLog.ColdWarning(logger, warning));
        try
        {
            return new ColdParts(options, directory, arena, registered, startup, logger);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    private ColdDevice OpenDevice(CascadeOptions options, ColdDirectory directory, PayloadArea area, NodeStartup startup)
    {
        var cold = options.Tiers.Cold;
        var hooks = new ColdDeviceHooks
        {
            OnCompletion = _inbox.Add,
            OnBuffered = notice => NodeLog.ColdBuffered(_logger, notice),
        };
        return new ColdDevice(
            directory, area, new ColdDeviceOptions { Threads = cold.Threads, VerifyEvery = cold.VerifyEvery, Preallocate = cold.Preallocate }, hooks, startup.Time);
    }

    /// <summary>Starts the tier's actor, which begins to read what is on disk.</summary>
    public IActorRef Start(ActorSystem system, Recipients recipients, NodeStartup startup)
    {
        var hooks = new ColdTierHooks
        {
            OnReady = ready => _ready.TrySetResult(ready),
            OnRecovery = (done, total) => startup.RecoveryProgress?.Report((done, total)),
            OnTrouble = trouble => NodeLog.ColdTrouble(_logger, trouble),
        };
        var tier = system.ActorOf(ColdTier.Props(Store, _device, _inbox, recipients, startup.Time, hooks), "cold-tier");
        recipients.Add(_address, tier);
        return tier;
    }

    /// <summary>Lets go of the files. The device must be idle, or what it still does must not be waited for.</summary>
    public void Dispose()
    {
        Records?.Dispose();
        _device.Dispose();
        _directory?.Dispose();
    }

    private static ColdSettings SettingsOf(CascadeOptions options)
    {
        var cold = options.Tiers.Cold;
        return new ColdSettings
        {
            FileBytes = cold.FileBytes,
            CapacityBytes = cold.CapacityBytes,
            MaxBlockBytes = cold.MaxBlockBytes,

            // What waits to be written lies in the arena, and must leave room there for what is read and put meanwhile.
            QueueBytesMax = Math.Min(cold.WriteQueueBytes, options.Tiers.Shm.CapacityBytes / 4),
            GroupDelay = cold.GroupDelay,
            GroupBytesMax = cold.GroupBytes,
            AdmitFrequencyMin = cold.AdmitReads,
            CompactBelowShare = cold.CompactBelow,

            // What is read ahead must not drive out what is asked for now.
            ReadAheadBytesMax = Math.Min(cold.ReadAheadBytes, options.Tiers.Shm.CapacityBytes / 8),
        };
    }
}

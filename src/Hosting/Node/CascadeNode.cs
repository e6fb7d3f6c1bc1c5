using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Cold;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Sharding;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Slurm;
using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Node;

/// <summary>A running node: its arena, its actors, and the interface to them.</summary>
public sealed class CascadeNode : IAsyncDisposable
{
    /// <summary>The most of the time to drain that calls under way get, of what is left by then the cold tier, and of what is left then the hand-over.</summary>
    private const double CallsShare = 1 / 3.0, ColdShare = 0.5, HandOverShare = 2 / 3.0;

    /// <summary>The part of what is left after that, a third, as it may take twice as long, that other ranks of MPI get at most to stop as well.</summary>
    private const double RanksShare = 1 / 3.0;

    /// <summary>
    /// What they get at most: those of a job that ends get the same word at about the same time, and nothing is lost where one is not waited for.
    /// </summary>
    private static readonly TimeSpan RanksWithin = TimeSpan.FromSeconds(3);

    /// <summary>What they get while any of them works on.</summary>
    private static readonly TimeSpan RanksWithinAtWork = TimeSpan.FromSeconds(1);

    private readonly NodeParts _parts;
    private readonly CascadeCache _cache;
    private readonly ILogger _logger;
    private readonly NodeStartup _startup;
    private readonly List<AddressFile> _addressFiles = [];
    private Task? _stopped;
    private readonly Lock _stopOnce = new();
    private readonly TaskCompletionSource _drainAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private CascadeNode(NodeParts parts, NodeStartup startup, ILogger logger)
    {
        _parts = parts;
        _startup = startup;
        _logger = logger;
        _cache = new CascadeCache(parts.Cache);
        parts.System.ActorOf(NodeControl.Props(parts.Cluster.View, () => _drainAsked.TrySetResult()), NodeControl.Name);
    }

    /// <summary>The node's cache.</summary>
    public ICascade Cache => _cache;

    /// <summary>The node's actors, for a host that prefers to Ask.</summary>
    public CascadeActors Actors => _parts.Cache.Actors;

    /// <summary>What the node knows of its cluster now. Immutable.</summary>
    public ClusterState Cluster => _parts.Cluster.View.Current;

    /// <summary>Where other nodes reach this one.</summary>
    public NodeAddress Address => _parts.Cluster.Address;

    /// <summary>
    /// Completes, with the reason in words, when the node cannot go on: another process has its number. It is then to be stopped.
    /// </summary>
    public Task<string> CannotGoOn => _parts.Cluster.Overruled;

    /// <summary>Completes when another member of the cluster asked that this node drain. It is then to be stopped, as by a signal.</summary>
    public Task DrainAsked => _drainAsked.Task;

    /// <summary>The actors of other nodes.</summary>
    internal NodeRefs Nodes => _parts.Cluster.Nodes;

    /// <summary>True when the node is a rank of an MPI job.</summary>
    public bool IsRank => _parts.Fabric.Mpi is not null;

    /// <summary>What the node consists of, for measurements.</summary>
    internal NodeParts Parts => _parts;

    /// <summary>How the arena came to be open.</summary>
    public Tiers.Shm.AttachReport Attach => _parts.Arena.Report;

    /// <summary>What the cold tier found on disk at the start; null when the node has none.</summary>
    public ColdReady? ColdStart { get; private set; }

    /// <summary>Starts a node; it serves when the task completes.</summary>
    /// <exception cref="Tiers.Shm.ArenaRefusedException">The arena cannot be made or taken over; the message says why and what to do.</exception>
    /// <exception cref="NodeRefusedException">The node cannot listen for others; the message says why and what to do.</exception>
    /// <exception cref="ConfigurationException">The certificates cannot be used; the messages say why.</exception>
    public static async Task<CascadeNode> StartAsync(CascadeOptions options, NodeStartup startup, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(startup);
        var logger = startup.Logging.CreateLogger("Cascade.Node");
        if (options.Slurm.IsEnabled && !options.Node.IsClient)
            JobLeftovers.RemoveEarlier(options, logger);

        // Setting memory aside takes seconds for gigabytes: not on the caller's thread.
        var parts = await Task.Run(() => NodeParts.Build(options, startup, logger, cancellationToken), cancellationToken);
        var node = new CascadeNode(parts, startup, logger);
        try
        {
            await node.AwaitColdTierAsync(options.Tiers.Cold.Directory, cancellationToken);
            await parts.Cluster.Up.WaitAsync(cancellationToken);
            if (!options.Node.IsClient)
                node.WriteAddress();
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }

        NodeLog.Serving(logger, new NodeId((uint)options.Node.Id), options.Cluster.Name, Blake3.Implementation);
        return node;
    }

    /// <summary>A node of parts that were put together already and may not serve yet, for a world that is one thread.</summary>
    internal static CascadeNode Of(NodeParts parts, NodeStartup startup, ILogger logger) => new(parts, startup, logger);

    /// <summary>Tells programs of this machine, and of all that see the cluster's directory, where the node is.</summary>
    private void WriteAddress()
    {
        var shared = _parts.Options.Cluster.Directory;
        foreach (var directory in shared.Length > 0 ? (string[])[_parts.Options.Tiers.Shm.Directory, shared] : [_parts.Options.Tiers.Shm.Directory])
        {
            try
            {
                Directory.CreateDirectory(directory);
                var launcher = IsRank ? NodeMpi.Launcher() : null;
                _addressFiles.Add(AddressFile.Write(directory, _parts.Options.Cluster.Name, _parts.Cache.Self, _parts.Options.Tiers.Shm.Mode, Address, launcher));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new NodeRefusedException($"The node's address cannot be written to {directory}: {e.Message} Check cascade.cluster.directory.", e);
            }
        }
    }

    private async Task AwaitColdTierAsync(string directory, CancellationToken cancellationToken)
    {
        if (_parts.Cold is not { } cold)
            return;
        var started = _startup.Time.GetTimestamp();
        var ready = ColdStart = await cold.Ready.WaitAsync(cancellationToken);

        // Stamps on disk are this node's own, also when its clock was set back since: what is bound from now on is later.
        _parts.Cache.Clock.Observe(ready.LatestStamp, ready.LatestStamp.UnixTimeMilliseconds);
        var milliseconds = (long)_startup.Time.GetElapsedTime(started).TotalMilliseconds;
        NodeLog.ColdReady(_logger, directory, ready.Blocks, ready.Keys, ready.HeadersRead, milliseconds);
    }

    /// <summary>
    /// Drains and stops: no new calls, those under way are waited for, then the actors stop and the arena is closed. Memory
    /// that a lease still points to stays mapped.
    /// Repeating it waits for the same stop.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_stopOnce)
            return new ValueTask(_stopped ??= StopAsync());
    }

    private async Task StopAsync()
    {
        var time = new DrainTime(_startup.Time, _parts.Options.Node.DrainWithin);
        foreach (var file in _addressFiles)
            file.Dispose();
        _cache.Stop();
        var patience = time.Share(CallsShare);
        var isClean = await IsDrainedAsync(patience) && await IsTierIdleAsync(patience);
        if (!isClean)
            NodeLog.StopNotClean(_logger, _cache.CallsUnderWay, patience);
        isClean &= await IsColdTierIdleAsync(time.Share(ColdShare));
        await HandOverAsync(time.Share(HandOverShare));
        await _parts.Cluster.DepartAsync(time.Left);
        if (!await time.IsDoneAsync(EndPartsAsync(time)))
        {
            NodeLog.PartsNotEnded(_logger, _parts.Options.Node.DrainWithin);
            isClean = false;
        }

        // What a device still copies it copies from and to shared memory.
        if (isClean && _parts.Gpu is { } gpu && !await time.IsDoneAsync(Task.Run(gpu.Dispose)))
        {
            NodeLog.PartsNotEnded(_logger, _parts.Options.Node.DrainWithin);
            isClean = false;
        }

        // A put that is still copying would write into memory that is gone: it keeps the arena open until the process ends.
        if (isClean)
        {
            _parts.Writer.Dispose();
            _parts.Cold?.Dispose();
            _parts.Arena.Dispose();
            _parts.Policy.Dispose();
        }

        if (!_startup.KeepArena || !_parts.Options.Tiers.Shm.Keep)
            _parts.Arena.Remove();
        if (_parts.Options.Slurm.IsEnabled && !_parts.Options.Tiers.Shm.Keep && !_parts.Options.Node.IsClient)
            JobLeftovers.RemoveSiblings(_parts.Options, _logger);
        NodeLog.Stopped(_logger, _parts.Cache.Self);
    }

    private async Task EndPartsAsync(DrainTime time)
    {
        var (share, most) = (time.Share(RanksShare), HasHeirs() ? RanksWithinAtWork : RanksWithin);
        await _parts.System.Terminate();
        await _parts.Fabric.EndAsync(share < most ? share : most);
        _parts.Tls?.Dispose();
    }

    /// <summary>Gives others time to take over what this node is in charge of, when there are others.</summary>
    private async Task HandOverAsync(TimeSpan patience)
    {
        if (!HasHeirs())
            return;
        await _parts.Cluster.BeginLeaveAsync(patience);
        var started = _startup.Time.GetTimestamp();
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20), _startup.Time);
        while (HasHeirs() && await _parts.Actors.ShardsHeldAsync() > 0)
        {
            if (_startup.Time.GetElapsedTime(started) > patience)
            {
                NodeLog.HandOverNotDone(_logger, patience);
                return;
            }

            await poll.WaitForNextTickAsync();
        }
    }

    private bool HasHeirs() => _parts.Cluster.View.Current.Members.Members.Any(member => member.Node != _parts.Cache.Self && member.TakesWork);

    /// <summary>What calls gave back at their end is told, not asked: an answer of the tier says that it has taken that in.</summary>
    private async Task<bool> IsTierIdleAsync(TimeSpan patience)
    {
        try
        {
            IActorRef[] tiers = _parts.Gpu is { } gpu ? [gpu.Tier, Actors.Memory] : [Actors.Memory];
            foreach (var tier in tiers)
            {
                // What would be written to make room is in memory, and stays there: a cold tier that was told to settle gets no more.
                tier.Tell(MakeNoRoom.Instance, ActorRefs.NoSender);
                await tier.Ask<TierReport>(ReportTier.Instance, patience);
            }

            return true;
        }
        catch (AskTimeoutException)
        {
            return false;
        }
    }

    /// <summary>
    /// What the cold tier was asked for is on disk, with a checkpoint for a quick start, and its device does not touch the arena any more.
    /// </summary>
    private async Task<bool> IsColdTierIdleAsync(TimeSpan patience)
    {
        if (Actors.Cold is not { } cold)
            return true;
        try
        {
            await cold.Ask<ColdSettled>(ColdSettle.Instance, patience);
            return true;
        }
        catch (AskTimeoutException)
        {
            NodeLog.ColdStopNotClean(_logger, patience);
            return false;
        }
    }

    /// <summary>True when no call is under way any more.</summary>
    private async Task<bool> IsDrainedAsync(TimeSpan patience)
    {
        var started = _startup.Time.GetTimestamp();
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(5), _startup.Time);
        while (_cache.CallsUnderWay > 0)
        {
            if (_startup.Time.GetElapsedTime(started) > patience)
                return false;
            await poll.WaitForNextTickAsync();
        }

        return true;
    }
}

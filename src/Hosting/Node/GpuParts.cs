using System.Runtime.CompilerServices;
using Cascade.Actors;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Tiering;
using Cascade.Core.Tracking;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Configuration;
using Cascade.Tiers.Gpu;
using Cascade.Tiers.Memory;
using Cascade.Tiers.Native;
using Cascade.Tiers.Remote;
using Cascade.Tiers.Shm;
using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Node;

/// <summary>What of a node is its device memory: the slabs, shared memory as devices see it, and the tier's actors.</summary>
internal sealed class GpuParts : IDisposable
{
    /// <summary>That part of the slabs is kept free ahead of need, so that what comes up need not wait for owners to agree.</summary>
    private const int HeadroomPart = 64;

    private readonly TierAddress _address;
    private readonly GpuHostRegion? _region;
    private readonly IEvictionPolicy _policy;
    private readonly StrongBox<IActorRef> _tier;

    private GpuParts(TierAddress address, StrongBox<IActorRef> tier, GpuPool pool, GpuHostRegion? region, IEvictionPolicy policy) =>
        (_address, _tier, Pool, _region, _policy) = (address, tier, pool, region, policy);

    /// <summary>The memory.</summary>
    public GpuPool Pool { get; }

    /// <summary>The tier's actor, once it is started.</summary>
    public IActorRef Tier => _tier.Value!;

    /// <summary>Brings blocks up and down, once the tier is started.</summary>
    public GpuMover? Mover { get; private set; }

    /// <summary>Brings blocks of device memory into shared memory, once it is started.</summary>
    public IActorRef Stager { get; private set; } = ActorRefs.Nobody;

    /// <summary>Takes the memory of the devices that the settings name; null when there are none, which is said once.</summary>
    /// <exception cref="NodeRefusedException">A device cannot be had as the settings want it; the message says why and what to do.</exception>
    /// <exception cref="OperationCanceledException">The start was given up.</exception>
    public static GpuParts? Open(
        CascadeOptions options, NodeStartup startup, ShmArena arena, AccessLog accesses, ILogger logger, CancellationToken cancellation)
    {
        var settings = options.Tiers.Gpu;
        if (!settings.IsWanted || options.Node.IsClient)
            return null;
        var probe = CudaLibrary.Probe();
        if (probe.Kind != CudaLibraryKind.Usable)
        {
            NodeLog.NoGpu(logger, probe.Message);
            return null;
        }

        var address = new TierAddress(new NodeId((uint)options.Node.Id), TierKind.Gpu);
        var tier = new StrongBox<IActorRef>(ActorRefs.Nobody);
        GpuPool? pool = null;
        try
        {
            pool = OpenPool(options, address, probe.Devices, startup, tier, accesses, logger);
            var policy = EvictionPolicies.Make(options.Eviction.Policy, pool.SlotCount, pool.CapacityBytes);
            pool.Reads = policy;
            return new GpuParts(address, tier, pool, settings.RegistersMemory ? Register(pool, arena, startup, logger, cancellation) : null, policy);
        }
        catch (Exception e) when (e is GpuRefusedException or CudaException)
        {
            pool?.Dispose();
            throw new NodeRefusedException($"{e.Message} The settings of device memory are cascade.tiers.gpu: capacity = 0 and free-share = 0 start without.", e);
        }
        catch
        {
            pool?.Dispose();
            throw;
        }
    }

    /// <summary>Starts the tier's actors.</summary>
    public void Start(NodeGround ground, ArenaPullSpace space, IActorRef keyIndex)
    {
        var (options, system, recipients) = (ground.Options, ground.System, ground.Recipients);
        var settings = MemoryTierSettings.Default with
        {
            WaitingPutsMax = options.Tiers.Gpu.WaitingPutsMax,
            HasColdTier = true,
            WritesLastCopiesOnly = true,
            HeadroomBytes = Pool.CapacityBytes / HeadroomPart,
        };
        var core = new MemoryTierCore(_address, Pool, _policy, ground.Registered, settings, GpuStager.Port);
        _tier.Value = system.ActorOf(MemoryTier.Props(core, recipients, ground.Time), "gpu-tier");
        recipients.Add(_address, Tier);
        Mover = new GpuMover(Pool, Tier, space, ground.Arena.Directory, keyIndex, ground.Time);
        Stager = system.ActorOf(GpuStager.Props(Mover), "gpu-stager");
        recipients.Add(GpuStager.Port, Stager);
    }

    /// <summary>Gives the memory back. Nobody uses it any more; copies that devices have are waited for.</summary>
    public void Dispose()
    {
        Pool.Dispose();
        _region?.Dispose();
        (_policy as IDisposable)?.Dispose();
    }

    private static GpuPool OpenPool(
        CascadeOptions options, TierAddress address, int devices, NodeStartup startup, StrongBox<IActorRef> tier, AccessLog accesses, ILogger logger)
    {
        var settings = options.Tiers.Gpu;
        IReadOnlyList<int> wanted = settings.Devices.Count > 0 ? settings.Devices : [.. Enumerable.Range(0, devices)];
        var slabs = wanted.Select(device => new GpuSlabOptions
        {
            Node = address.Node,
            Device = device,
            CapacityBytes = settings.CapacityBytes,
            FreeShare = settings.FreeShare > 0 ? settings.FreeShare : 1,
            MinCapacityBytes = settings.MinCapacityBytes,
            MaxLeases = options.Leases.Max,
        });
        var pool = GpuPool.Open([.. slabs], startup.Time, prefix => accesses.TryWrite(prefix), (_, loss) =>
        {
            NodeLog.GpuLost(logger, loss.Device.Ordinal, loss.Device.Name, loss.Failure.Message);
            tier.Value!.Tell(new MemoryLost(loss.FirstSlot, loss.Slots), ActorRefs.NoSender);
        });
        foreach (var slab in pool.Slabs)
        {
            NodeLog.GpuSlab(logger, slab.Device.Ordinal, slab.Device.Name, HumanText.Size(slab.CapacityBytes), HumanText.Size(slab.Device.TotalBytes));
            if (slab.DigestTrouble is { } trouble)
                NodeLog.GpuWarning(logger, $"Blocks that are put from it are hashed by the processor: {trouble}.");
        }

        return pool;
    }

    /// <summary>Lets the devices at shared memory; what the driver refuses goes by way of staging memory.</summary>
    private static GpuHostRegion Register(GpuPool pool, ShmArena arena, NodeStartup startup, ILogger logger, CancellationToken cancellation)
    {
        var started = startup.Time.GetTimestamp();
        var region = GpuHostRegion.Create(pool.Slabs.First().Device.Ordinal, arena.PayloadAddress, arena.CapacityBytes);
        try
        {
            region.Register(startup.RegistrationProgress, cancellation);
        }
        catch
        {
            region.Dispose();
            throw;
        }

        foreach (var slab in pool.Slabs)
            slab.Use(region);
        var milliseconds = (long)startup.Time.GetElapsedTime(started).TotalMilliseconds;
        NodeLog.GpuRegistered(logger, HumanText.Size(region.RegisteredBytes), milliseconds);
        if (region.Trouble is { } trouble)
            NodeLog.GpuWarning(logger, trouble);
        return region;
    }
}

using Cascade.Actors.Remoting;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Hosting;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Node;
using Cascade.Simulation.Plan;

namespace Cascade.Simulation.World;

/// <summary>One life of a node: what runs, and ends as a whole.</summary>
internal sealed class SimLife(NodeTurns turns, IRemoteTransport transport)
{
    public NodeTurns Turns { get; } = turns;

    public IRemoteTransport Transport { get; } = transport;

    /// <summary>The device under the cold tier; null when there is none.</summary>
    public SimDevice? Device { get; set; }

    /// <summary>What lay on the disk is known: calls may be made.</summary>
    public bool IsServing => Parts.Cold is null || Parts.Cold.Ready.IsCompletedSuccessfully;

    public NodeParts Parts { get; set; } = null!;

    /// <summary>What tells it from other lives of the node; zero until it is known.</summary>
    public HybridTimestamp Start { get; set; }

    public CascadeNode Node { get; set; } = null!;

    /// <summary>It is on its way out by itself.</summary>
    public bool IsLeaving { get; set; }

    public ICascade Cache => Node.Cache;

    public MembershipView View => Parts.Cluster.View.Current.Members;

    /// <summary>Another life of the node has told this one that it does not count.</summary>
    public bool IsOverruled => Parts.Cluster.Overruled.IsCompleted;
}

/// <summary>One machine of the world, with a node that lives or not.</summary>
internal sealed class SimNode(SimWorld world, int index)
{
    public const int Port = 7400;

    private static readonly Lazy<CascadeOptions> Reference = new(() => CascadeConfiguration.Load(new ConfigurationSources()).Options);

    /// <summary>Lives so far.</summary>
    public int Lives { get; private set; }

    public int Index => index;

    public NodeId Id { get; } = new((uint)index);

    /// <summary>It stores nothing.</summary>
    public bool IsClient => index >= world.Plan.Config.Stores;

    public SimDisk Disk { get; } = new();

    public string Host { get; } = $"n{index}";

    public NodeAddress Address => new($"{Host}:{Port}");

    /// <summary>The life that runs; null when the node is down.</summary>
    public SimLife? Life { get; private set; }

    /// <summary>Starts the node on whatever arena there is.</summary>
    public void Start()
    {
        Lives++;
        var config = world.Plan.Config;
        var turns = new NodeTurns(world.Dispatcher, world.After, world.Lateness);
        var time = new NodeTime(world.Time, turns, config.DriftPerMillion[index], config.ClockOffset[index]);
        var transport = world.Network.Transport(Host);
        var life = new SimLife(turns, transport);
        var startup = new NodeStartup
        {
            Time = time,
            Dispatcher = turns,
            Seed = config.Seed,
            Membership = Tune,
            Network = (system, start) =>
            {
                life.Start = start;
                return new SimNodeNetwork(RemotingNetwork.Over(system, RemoteSettingsOf(start), new WatchedMessages(world), transport), world);
            },
            Fabric = arena => new SimFabric(world, this, life, arena),
            ColdDevice = HasDisk ? (area, inbox) => life.Device = new SimDevice(world, Disk, config.Disk!, area, inbox) : null,
            WatchArena = world.Planted.WatchArena,
        };
        Life = life;
        var logger = new NodeLogger(world, this);
        life.Parts = NodeParts.Build(Options(), startup, logger);
        life.Node = CascadeNode.Of(life.Parts, startup, logger);
        life.Parts.Cold?.Ready.ContinueWith(
            ready => life.Parts.Cache.Clock.Observe(ready.Result.LatestStamp, ready.Result.LatestStamp.UnixTimeMilliseconds),
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Kills the node; its arena stays as it was left, unless the machine is lost with it.</summary>
    public void Crash(bool losesArena)
    {
        if (Life is not { } life)
            return;
        Life = null;
        life.Turns.IsOver = true;
        life.Transport.StopListening();
        foreach (var other in world.Nodes.Where(other => other != this))
            world.Network.Cut(Host, other.Host);
        Close(life, losesArena);
    }

    /// <summary>Has the node drain, hand over and go; its arena goes with it.</summary>
    public void Leave()
    {
        if (Life is not { IsLeaving: false } life)
            return;
        life.IsLeaving = true;
        life.Turns.Post(async _ => await LeaveAsync(life), null);
    }

    private async Task LeaveAsync(SimLife life)
    {
        await life.Node.DisposeAsync();
        if (Life != life)
            return;
        Life = null;
        life.Turns.IsOver = true;
        life.Transport.StopListening();
        Close(life, losesArena: true);
        world.OnGone(this, life);
    }

    private void Close(SimLife life, bool losesArena)
    {
        life.Device?.Stop();
        if (losesArena && HasDisk)
            Disk.LosePower(world.Random);
        life.Parts.Writer.Dispose();
        life.Parts.Arena.Dispose();
        (life.Parts.Policy as IDisposable)?.Dispose();
        if (losesArena)
            File.Delete(life.Parts.Arena.FilePath);
    }

    private RemoteSettings RemoteSettingsOf(HybridTimestamp start) => new()
    {
        ClusterName = SimWorld.Cluster,
        Incarnation = start.Value,
        Host = Host,
        Port = Port,
        TickInterval = TimeSpan.FromMilliseconds(100),
        SilenceMax = TimeSpan.FromSeconds(3),
        ConnectTimeout = TimeSpan.FromSeconds(1),
        HandshakeTimeout = TimeSpan.FromSeconds(1),
        BackoffMax = TimeSpan.FromSeconds(1),
    };

    private MembershipSettings Tune(MembershipSettings settings) => settings with
    {
        SyncPeriod = TimeSpan.FromSeconds(2),
        SyncTimeout = TimeSpan.FromSeconds(1),
        HealPeriod = TimeSpan.FromSeconds(1),
        JoinWaitMax = TimeSpan.FromSeconds(1),
        SlowStart = Lives > 1 || world.Plan.Config.FirstLivesSlow ? world.Plan.Config.SlowStart : TimeSpan.Zero,
    };

    private bool HasDisk => world.Plan.Config.Disk is not null && !IsClient;

    private ColdTierOptions Cold(ColdTierOptions reference) => world.Plan.Config.Disk is not { } disk || IsClient ? reference : reference with
    {
        Directory = "/simulated",
        CapacityBytes = (long)disk.CapacityPages * SimDisk.Page,
        FileBytes = (long)disk.FilePages * SimDisk.Page,
        MaxBlockBytes = (long)(disk.CapacityPages / 4 * SimDisk.Page) - SimDisk.Page,
        GroupDelay = disk.GroupDelay,
        AdmitReads = disk.AdmitReads,
        ReadAheadBytes = disk.ReadsAhead ? 8 * SimDisk.Page : 0,
    };

    private CascadeOptions Options()
    {
        var (options, config) = (Reference.Value, world.Plan.Config);
        return options with
        {
            Cluster = options.Cluster with { Name = SimWorld.Cluster },
            Node = options.Node with { Id = index, IsClient = IsClient },
            Remoting = options.Remoting with { Seeds = new ValueList<NodeAddress>(world.Seeds.Select(static node => node.Address)) },
            Actors = options.Actors with { AskTimeout = config.AskTimeout, MailboxCapacity = 4096, PassivateAfter = config.PassivateAfter },
            Leases = options.Leases with { Max = config.LeasesMax },
            Put = options.Put with { HashThreads = 1, Deadline = config.PutDeadline },
            Protection = options.Protection with { QuotaShare = 0.25 },
            Tracker = options.Tracker with { SampleLog = 64 },
            Tiers = options.Tiers with
            {
                Cold = Cold(options.Tiers.Cold),
                Shm = options.Tiers.Shm with
                {
                    CapacityBytes = config.CapacityBlocks * SimConfig.Granule,
                    MaxBlocks = config.Slots,
                    Directory = world.Folder,
                    PreFault = false,
                    HugePages = false,
                    WaitingPutsMax = 8,
                },
            },
        };
    }
}

using System.Globalization;
using Cascade.Actors.Remoting.Simulated;
using Cascade.Actors.Simulation;
using Cascade.Core.Leases;
using Cascade.Simulation.Checks;
using Cascade.Simulation.Plan;

namespace Cascade.Simulation.World;

/// <summary>
/// A cluster of real nodes in one thread under virtual time: their actors, cores, remoting and client code on a network, a fabric and machines that break as a
/// plan says. First what the plan says happens, then everything is mended and the cluster must find together.
/// </summary>
internal sealed partial class SimWorld : IDisposable
{
    /// <summary>How long the cluster may take to find together: registries are compared with one node in three seconds.</summary>
    public TimeSpan HealingMax => TimeSpan.FromSeconds(Math.Max(90, 4 * Plan.Config.Nodes));

    private const long TurnsMax = 2_000_000;

    private static readonly TimeSpan SettlingMax = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan JoiningMax = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private static int _worlds;

    private readonly List<SimClient> _calls = [];
    private readonly List<HeldLease> _held = [];
    private readonly SplitMix64 _delays;
    private TimeSpan _lookAt;

    public SimWorld(SimPlan plan, PlantedBug bug = PlantedBug.None)
    {
        Plan = plan;
        var name = string.Create(CultureInfo.InvariantCulture, $"cascade-sim-{Environment.ProcessId}-{Interlocked.Increment(ref _worlds)}");
        Folder = Directory.CreateDirectory(Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), name)).FullName;
        var seeds = new SplitMix64(plan.Config.Seed ^ 0x51D0);
        Dispatcher = DeterministicDispatcher.Seeded(Time, seeds.Next());
        Random = seeds.Split();
        _delays = seeds.Split();
        Network = new SimulatedNetwork(Time, seeds.Next()) { DelayMax = plan.Config.DelayMax };
        Ledger = new Ledger(plan.Config.Keys, () => Time.Elapsed);
        Contents = new Contents(plan.Config);
        Planted = new Planted(bug, this);
        Nodes = [.. Enumerable.Range(0, plan.Config.Nodes).Select(index => new SimNode(this, index))];
    }

    public SimPlan Plan { get; }

    /// <summary>The same in every world, as all that goes over the network has to be.</summary>
    public const string Cluster = "sim";

    /// <summary>Where the arenas lie.</summary>
    public string Folder { get; }

    public VirtualTimeProvider Time { get; } = new();

    public DeterministicDispatcher Dispatcher { get; }

    public SplitMix64 Random { get; }

    public SimulatedNetwork Network { get; }

    public Ledger Ledger { get; }

    public Contents Contents { get; }

    public Planted Planted { get; }

    public IReadOnlyList<SimNode> Nodes { get; }

    /// <summary>Those that the others are told to join by.</summary>
    public IEnumerable<SimNode> Seeds => Nodes.Take(3);

    public IEnumerable<SimNode> Live => Nodes.Where(static node => node.Life is not null);

    /// <summary>Those of them that store.</summary>
    public IEnumerable<SimNode> Stores => Live.Where(static node => !node.IsClient);

    /// <summary>Messages that went from node to node so far.</summary>
    public long Messages { get; set; }

    /// <summary>Told of each thing that happens; null for nobody.</summary>
    public Action<string>? Log { get; set; }

    /// <summary>Does something later, on no node.</summary>
    public void After(TimeSpan delay, Action action)
    {
        ITimer? timer = null;
        timer = Time.CreateTimer(
            _ =>
            {
                timer!.Dispose();
                action();
            }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        timer.Change(delay, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How much too late a turn of a slow node comes.</summary>
    public TimeSpan Lateness() => TimeSpan.FromMilliseconds(20) * _delays.NextDouble();

    public TimeSpan FabricDelay() => TimeSpan.FromMicroseconds(100) + (Plan.Config.DelayMax * 3 * _delays.NextDouble());

    /// <summary>Runs the plan to its end, or to the first violation.</summary>
    public SimResult Run()
    {
        try
        {
            Join();
            foreach (var next in Plan.Events)
            {
                if (!Advance(next.Gap))
                    break;
                Do(next);
            }

            if (Ledger.Violation is null)
                Heal();
        }
        catch (Exception e)
        {
            Ledger.Fail($"the run broke: {e}");
        }

        Ledger.Trace.Add("end", Time.Elapsed.Ticks, Dispatcher.Turns);
        return new SimResult(
            Plan.Config.Seed, Ledger.Violation, Ledger.Trace.Hash, Plan.Config.Nodes, Plan.Events.Count, Dispatcher.Turns, Time.Elapsed, Ledger.Outcomes);
    }

    /// <summary>Has the nodes find each other, and gives the messages that each sends a second when nothing is asked of them.</summary>
    /// <param name="settling">Time before it is counted.</param>
    /// <param name="counted">Time for which it is counted.</param>
    public double RunIdle(TimeSpan settling, TimeSpan counted)
    {
        HasFaults = false;
        Join();
        Advance(settling);
        var before = Messages;
        Advance(counted);
        return (Messages - before) / counted.TotalSeconds / Nodes.Count;
    }

    /// <summary>A call has ended.</summary>
    public void OnEnded(SimClient call) => _calls.Remove(call);

    /// <summary>Keeps a lease for a while and looks whether its bytes stay.</summary>
    public void Hold(SimClient call, in BlockLease lease, TimeSpan duration)
    {
        var held = new HeldLease(call.Life, call.Call, lease, Contents.Find(lease.Span));
        _held.Add(held);
        After(duration, () =>
        {
            if (!_held.Remove(held))
                return;
            LookAt(held);
            held.Lease.Dispose();
        });
    }

    public void Dispose()
    {
        foreach (var node in Nodes)
            node.Crash(losesArena: true);
        Directory.Delete(Folder, recursive: true);
    }

    private void Join()
    {
        foreach (var node in Nodes)
        {
            node.Start();
            if (!Advance(TimeSpan.FromMilliseconds(50) * _delays.NextDouble()))
                return;
        }

        if (Plan.Config.IsHasty)
            return;
        while (Time.Elapsed < JoiningMax && !IsOneView() && Advance(TimeSpan.FromMilliseconds(50)))
        {
        }

        // Where nothing may be refused, shards and the registry have settled first.
        if (Plan.Config.IsCalm && !Advance(SettlingMax))
            return;
        Ledger.Check(!Plan.Config.IsCalm || IsOneView(), $"the nodes did not find each other within {JoiningMax}: {Views()}");
    }

    /// <summary>Moves time on; false when something is found wrong.</summary>
    private bool Advance(TimeSpan span)
    {
        var target = Time.Elapsed + span;
        Dispatcher.RunUntilIdle(TurnsMax);
        while (Ledger.Violation is null && Time.FireNextWithin(target - Time.Elapsed))
        {
            Dispatcher.RunUntilIdle(TurnsMax);
            if (Time.Elapsed >= _lookAt)
                Look();
        }

        if (Ledger.Violation is null)
            Time.Advance(target - Time.Elapsed);
        return Ledger.Violation is null;
    }

    private void Look()
    {
        _lookAt = Time.Elapsed + LookEvery;
        foreach (var held in _held)
            LookAt(held);
        foreach (var call in _calls)
            Ledger.Check(Time.Elapsed <= call.EndBy, $"{call.Call}, begun at {call.StartedAt.TotalSeconds:0.000} s, has not ended by {call.EndBy.TotalSeconds:0.000} s");
        foreach (var node in Live)
            Ledger.Check(!node.Life!.IsOverruled, $"n{node.Index} was told that a later life of it counts, and there is none");
        LookAtProtected();
    }

    private void LookAt(HeldLease held)
    {
        if (held.Lease.IsHeld)
            Ledger.Check(held.Lease.Span.SequenceEqual(Contents.Bytes(held.Content)), $"{held.Call}: bytes under its lease were overwritten");
        else
            Ledger.Fail($"{held.Call}: its lease ended before its time");
    }

    private void Do(SimEvent next)
    {
        Log?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{Time.Elapsed.TotalSeconds,8:0.000} {next}"));
        if (next is FaultEvent fault)
        {
            Do(fault);
            return;
        }

        var call = (CallEvent)next;
        var node = Nodes[call.Node];
        if (node.Life is not { IsLeaving: false, IsServing: true } life)
            return;
        var client = new SimClient(this, node, life, call);
        _calls.Add(client);
        life.Turns.Post(async _ => await client.RunAsync(), null);
    }

    private sealed record HeldLease(SimLife Life, CallEvent Call, BlockLease Lease, int Content);
}

/// <summary>What came of a run.</summary>
/// <param name="Seed">Its seed.</param>
/// <param name="Violation">What was found wrong first; null for nothing.</param>
/// <param name="Trace">A fingerprint of all that happened.</param>
/// <param name="Nodes">Machines.</param>
/// <param name="Events">Events of the plan.</param>
/// <param name="Turns">Turns of actors and clients.</param>
/// <param name="Elapsed">Virtual time.</param>
/// <param name="Outcomes">How calls ended.</param>
internal sealed record SimResult(
    ulong Seed, string? Violation, ulong Trace, int Nodes, int Events, long Turns, TimeSpan Elapsed, IReadOnlyDictionary<string, int> Outcomes);

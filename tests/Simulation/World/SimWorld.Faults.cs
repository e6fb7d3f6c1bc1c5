using Cascade.Simulation.Plan;

namespace Cascade.Simulation.World;

/// <summary>What breaks and how it is mended.</summary>
internal sealed partial class SimWorld
{
    private readonly HashSet<(string From, string To)> _cut = [];

    /// <summary>Things may break now.</summary>
    public bool HasFaults { get; private set; } = true;

    /// <summary>Arenas that were lost for good, so that blocks may be gone.</summary>
    public int LostArenas { get; private set; }

    /// <summary>Some disk is away at the end.</summary>
    public bool HasLostDisks { get; private set; }

    /// <summary>Some disk was full: its node gave its oldest file up, to be able to write.</summary>
    public bool HasFilledDisks { get; private set; }

    /// <summary>Changes with every node that ends: what was seen before it says nothing of what must be there after it.</summary>
    public int Ends { get; private set; }

    /// <summary>No bytes come from one node to the other.</summary>
    public bool IsCut(SimNode from, SimNode to) => _cut.Contains((from.Host, to.Host)) || _cut.Contains((to.Host, from.Host));

    /// <summary>A node has left by itself.</summary>
    public void OnGone(SimNode node, SimLife life)
    {
        Ledger.Trace.Add("gone", Time.Elapsed.Ticks, node.Index);
        Log?.Invoke($"{Time.Elapsed.TotalSeconds,8:0.000} n{node.Index} has left");
        LostArenas++;
        // Nobody starts it again.
        HasLostDisks |= !HasFaults;
        Forget(life);
    }

    private void Do(FaultEvent fault)
    {
        Ledger.Trace.Add(fault.Kind.ToString(), Time.Elapsed.Ticks, fault.Node, fault.Other);
        var node = Nodes[fault.Node];
        switch (fault.Kind)
        {
            case FaultKind.CrashKeepingArena:
                Crash(node, losesArena: false);
                break;
            case FaultKind.CrashLosingArena:
                Crash(node, losesArena: true);
                break;
            case FaultKind.Silence:
                foreach (var other in Nodes.Where(other => other != node))
                    Divide(node, other);
                break;
            case FaultKind.Restart when node.Life is null:
                node.Start();
                break;
            case FaultKind.Restart:
                Crash(node, losesArena: false);
                node.Start();
                break;
            case FaultKind.Leave:
                node.Leave();
                break;
            case FaultKind.CutConnection:
                Network.Cut(node.Host, Nodes[fault.Other].Host);
                break;
            case FaultKind.BlockOneWay:
                Block(node, Nodes[fault.Other]);
                break;
            case FaultKind.Divide:
                DivideBy(fault.Side);
                break;
            case FaultKind.Heal:
                MendNetwork();
                break;
            case FaultKind.SlowDown when node.Life is { } life:
                life.Turns.IsSlow = !life.Turns.IsSlow;
                break;
            case FaultKind.FillDisk:
                node.Disk.IsFull = !node.Disk.IsFull;
                HasFilledDisks |= node.Disk.IsFull;
                break;
            case FaultKind.BreakDisk:
                node.Disk.IsBroken = !node.Disk.IsBroken;
                break;
        }
    }

    private void Crash(SimNode node, bool losesArena)
    {
        if (node.Life is not { } life)
            return;
        Forget(life);
        LostArenas += losesArena ? 1 : 0;
        node.Crash(losesArena);
    }

    /// <summary>Clients of a life that is over learn nothing more, and their leases ended with it.</summary>
    private void Forget(SimLife life)
    {
        Ends++;
        _held.RemoveAll(held => held.Life == life);
        foreach (var call in _calls.Where(call => call.Life == life))
            call.Abandon();
        _calls.RemoveAll(call => call.Life == life);
    }

    private void DivideBy(ulong side)
    {
        foreach (var one in Nodes)
        {
            foreach (var other in Nodes.Where(other => other.Index > one.Index && ((side >> one.Index) & 1) != ((side >> other.Index) & 1)))
                Divide(one, other);
        }
    }

    private void Divide(SimNode one, SimNode other)
    {
        Block(one, other);
        Block(other, one);
    }

    private void Block(SimNode from, SimNode to)
    {
        _cut.Add((from.Host, to.Host));
        Network.Block(from.Host, to.Host);
    }

    private void MendNetwork()
    {
        _cut.Clear();
        Network.Heal();
    }

    /// <summary>Mends all that is broken; most machines that are down come back.</summary>
    private void MendAll()
    {
        HasFaults = false;
        MendNetwork();
        foreach (var node in Nodes)
        {
            (node.Disk.IsFull, node.Disk.IsBroken) = (false, false);
            if (node.Life is { } life)
                life.Turns.IsSlow = false;
            if (node.Life is null && (Random.Next(4) > 0 || !Live.Any()))
                node.Start();
            else if (node.Life is null)
                (LostArenas, HasLostDisks) = (LostArenas + 1, true);
        }

        // What is leaving is not to be the last.
        if (Live.All(static node => node.Life!.IsLeaving) && Nodes.FirstOrDefault(static node => node.Life is null) is { } down)
            down.Start();
    }
}

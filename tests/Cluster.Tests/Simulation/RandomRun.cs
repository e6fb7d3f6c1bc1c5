using Cascade.Actors;
using Cascade.Actors.Simulation;
using Cascade.Core.Messages;

namespace Cascade.Cluster.Tests.Simulation;

/// <summary>One whole node under random calls on a random schedule, and what must hold of it during and after.</summary>
internal sealed class RandomRun(ulong seed, Workload workload) : IDisposable
{
    /// <summary>Far more virtual time than the calls of a run can take.</summary>
    private static readonly TimeSpan TimeMax = TimeSpan.FromMinutes(5);

    /// <summary>How far time may run ahead while turns wait: less than any deadline, more than nothing.</summary>
    private static readonly TimeSpan Impatience = TimeSpan.FromMilliseconds(1);

    private readonly SimulatedNode _node = new(seed, workload);
    private readonly SplitMix64 _random = new(~seed);

    public RunLedger Ledger => _node.Ledger;

    public ulong Fingerprint { get; private set; }

    public long Turns => _node.Sim.Dispatcher.Turns;

    /// <summary>Runs to the end and checks everything.</summary>
    public void Execute()
    {
        RunCalls();
        Settle();
        CheckAgreement();
        CheckNothingIsLeft();
        Ledger.Trace.Add("end", Turns, _node.Now.Ticks, _node.Arena.FreeBytes);
        Fingerprint = Ledger.Trace.Hash;
    }

    public void Dispose() => _node.Dispose();

    private void RunCalls()
    {
        var done = _node.Sim.Probe("done");
        for (var i = 0; i < workload.Clients; i++)
            _node.Sim.System.ActorOf(SimulatedClient.Props(_node, workload, _random.Split())).Tell(RunScript.Instance, done.Ref);
        while (done.Messages.Count < workload.Clients)
        {
            if (_node.Now > TimeMax)
                Ledger.Fail($"{workload.Clients - done.Messages.Count} clients still wait for an answer");
            Step();
            ThrowIfBroken();
        }
    }

    /// <summary>Mostly a turn; sometimes time goes on although turns wait.</summary>
    private void Step()
    {
        var time = _node.Sim.Time;
        if (_random.Next(64) == 0 && time.FireNextWithin(Impatience))
            return;
        if (!_node.Sim.Dispatcher.RunOne())
            time.FireNextWithin(TimeMax);
    }

    /// <summary>All fills, leases and waits run out; owners stay alive with all that they know.</summary>
    private void Settle()
    {
        foreach (var entry in _node.Registered.State.Entries.Where(e => !e.IsRemoved).ToList())
            _node.Sim.Ask(_node.Registry, new Unregister(entry.Key, _node.NextStamp()));

        _node.Sim.Advance(TimeSpan.FromSeconds(1.5));
        ThrowIfBroken();
    }

    /// <summary>Arena, owners and index say the same of every block and key.</summary>
    private void CheckAgreement()
    {
        for (var content = 0; content < workload.Contents; content++)
        {
            var id = Sample.Block(content);
            var described = _node.Sim.Ask<BlockDescription>(_node.Owners, new Describe(id));
            var isHere = _node.Arena.TryFind(id, out var copy);
            Ledger.Check(
                isHere ? described.Copies.SequenceEqual([copy]) : described.Copies.Count == 0,
                $"the owner of content {content} counts {described.Copies.Count} copies, in the arena is {(isHere ? copy : "none")}");
            var expected = isHere ? BlockState.Resident : BlockState.Absent;
            Ledger.Check(described.State == expected, $"content {content} is {described.State}");
            Ledger.Check(described.Leases == 0, $"content {content} has {described.Leases} leases left");
            Ledger.Check(described.Registrations == 0, $"content {content} has {described.Registrations} registrations left");
        }

        for (var key = 0; key < workload.Keys; key++)
        {
            var indexed = _node.Sim.Ask(_node.KeyIndex, new Lookup(Sample.Key(key))) as Found;
            var isNamed = _node.Arena.TryFind(Sample.Key(key), out _, out var id, out var binding);
            Ledger.Check(
                isNamed
                    ? indexed?.Id == id && indexed.Binding == binding
                    : indexed is null || workload.AliasesMax < int.MaxValue,
                $"key {key} names {indexed?.Id.ToString() ?? "nothing"} in the index and {(isNamed ? id : "nothing")} in the arena");
        }

        ThrowIfBroken();
    }

    private void CheckNothingIsLeft()
    {
        _node.Sim.Advance(3 * workload.PassivateAfter);
        var report = _node.Sim.Ask<TierReport>(_node.Memory, ReportTier.Instance);
        Ledger.Check(report.WaitingPuts == 0, $"{report.WaitingPuts} puts wait for ever");
        Ledger.Check(_node.Arena.Reservations == 0, $"{_node.Arena.Reservations} reservations were never given back");
        var residents = _node.Arena.Residents;
        var granules = residents.Sum(r => (r.Copy.LengthBytes + SimulatedNode.Granule - 1) / SimulatedNode.Granule);
        var freeBytes = report.CapacityBytes - (granules * SimulatedNode.Granule);
        Ledger.Check(report.FreeBytes == freeBytes, $"{report.FreeBytes} bytes are free and should be {freeBytes}");
        Ledger.Check(report.Blocks == residents.Count, $"the tier counts {report.Blocks} blocks, the arena {residents.Count}");
        var owners = _node.Sim.EntitiesOf(_node.Owners);
        Ledger.Check(owners == 0, $"{owners} owners do not passivate");
        Ledger.Check(!_node.Sim.Unhandled.Any(), $"unhandled: {string.Join(", ", _node.Sim.Unhandled)}");
        var causes = string.Join("; ", _node.Sim.Log.OfType<Error>().Select(e => e.Cause));
        Ledger.Check(_node.Sim.Log.Count == 0, $"actors failed: {causes}");
        ThrowIfBroken();
    }

    private void ThrowIfBroken()
    {
        if (Ledger.Violations.Count > 0)
            throw new InvalidOperationException($"seed {seed}, turn {Turns}, at {_node.Now}: {string.Join("; ", Ledger.Violations)}");
    }
}

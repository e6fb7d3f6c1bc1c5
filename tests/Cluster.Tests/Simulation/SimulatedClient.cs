using Cascade.Actors;
using Cascade.Actors.Simulation;
using Cascade.Core.Identity;
using Cascade.Core.Messages;

namespace Cascade.Cluster.Tests.Simulation;

/// <summary>A client that does what its random numbers say, one call after the other, and holds leases meanwhile.</summary>
internal sealed partial class SimulatedClient : ReceiveActor
{
    /// <summary>Virtual time that turns of others and the timers' coarseness may add to a call.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(60);

    private readonly SimulatedNode _node;
    private readonly Workload _workload;
    private readonly SplitMix64 _random;
    private readonly List<ReaderPin> _held = [];

    private SimulatedClient(SimulatedNode node, Workload workload, SplitMix64 random)
    {
        _node = node;
        _workload = workload;
        _random = random;
        ReceiveAsync<RunScript>(_ => RunAsync());
    }

    public static Props Props(SimulatedNode node, Workload workload, SplitMix64 random) =>
        Actors.Props.Create(() => new SimulatedClient(node, workload, random));

    private RunLedger Ledger => _node.Ledger;

    private async Task RunAsync()
    {
        try
        {
            for (var i = 0; i < _workload.Operations; i++)
                await OneCallAsync();
            foreach (var pin in _held)
                _node.Arena.End(pin);
        }
        catch (Exception e)
        {
            Ledger.Fail($"a client's call threw: {e}");
        }

        Sender.Tell(ScriptDone.Instance, Self);
    }

    private async Task OneCallAsync()
    {
        EndSomeLeases();
        var key = _random.Next(_workload.Keys);
        switch (_random.Next(16))
        {
            case < 6: await PutAsync(key); break;
            case < 10: await GetAsync(key); break;
            case 10: await ReadFromElsewhereAsync(key); break;
            case 11: await DeleteAsync(key); break;
            case 12: await ProtectAsync(key); break;
            case 13: await UnprotectAsync(key); break;
            case 14: await EstimateAsync(key); break;
            default: await Task.Delay(Milliseconds(40), _node.Sim.Time); break;
        }
    }

    private void EndSomeLeases()
    {
        while (_held.Count > 0 && _random.Next(3) == 0)
        {
            var at = _random.Next(_held.Count);
            _node.Arena.End(_held[at]);
            _held.RemoveAt(at);
        }
    }

    private async Task PutAsync(int key)
    {
        var content = _workload.ContentOf(key, _random.Next(_workload.Contents));
        var (digest, id, began) = (Sample.Key(key), Sample.Block(content), _node.Now);
        var deadline = Milliseconds(200);

        // One fill in eight takes so long that its grant runs out.
        var fillTime = _random.Next(8) == 0 ? Milliseconds(500) : Milliseconds(4);
        using var cancellation = _random.Next(6) == 0
            ? new CancellationTokenSource(Milliseconds(30), _node.Sim.Time)
            : new CancellationTokenSource();
        var freedBefore = Ledger.TimesFreed(id);
        var write = Ledger.BeginWrite(digest);
        var binding = Sample.Binding(key, _node.NextStamp().Value);
        var put = new PutOperation(_node, binding, id, Workload.LengthBytesOf(content), deadline);
        var outcome = await put.RunAsync(fillTime, cancellation.Token);
        var isAlone = Ledger.EndWrite(digest, write);
        Ledger.Answered("put", outcome.ToString(), _node.Now - began, deadline + fillTime + Slack);
        if (isAlone && outcome is PutOutcome.Stored or PutOutcome.AlreadyPresent)
            await CheckReadableAsync(digest, id, write, freedBefore);
    }

    /// <summary>What was just acknowledged is found by its key, in the directory and by the index, unless it is gone again.</summary>
    private async Task CheckReadableAsync(KeyDigest key, BlockId id, int write, int freedBefore)
    {
        if (Ledger.TimesFreed(id) != freedBefore)
            return;
        Ledger.Acknowledge(key, id);
        Ledger.Check(
            _workload.AliasesMax < int.MaxValue || (_node.Arena.TryFind(key, out _, out var named, out _) && named == id),
            $"the directory does not know {key} right after its put was acknowledged");
        var reply = await _node.KeyIndex.Ask<object>(new Lookup(key));
        if (Ledger.IsLatest(key, write) && Ledger.TimesFreed(id) == freedBefore)
        {
            Ledger.Check(
                reply is Found found && found.Id == id,
                $"the index does not know {key} right after its put was acknowledged: {reply}");
        }
    }

    private TimeSpan Milliseconds(int bound) => TimeSpan.FromMilliseconds(_random.Next(bound));
}

/// <summary>Tells a client to start; it answers with <see cref="ScriptDone"/>.</summary>
internal sealed class RunScript
{
    public static readonly RunScript Instance = new();
}

/// <summary>The client has done all its calls and ended its leases.</summary>
internal sealed class ScriptDone
{
    public static readonly ScriptDone Instance = new();
}

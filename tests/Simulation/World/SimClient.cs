using Cascade.Core.Identity;
using Cascade.Hosting;
using Cascade.Simulation.Checks;
using Cascade.Simulation.Plan;

namespace Cascade.Simulation.World;

/// <summary>One call of a client at a node, as a program would make it; what it saw goes into the ledger.</summary>
internal sealed class SimClient(SimWorld world, SimNode node, SimLife life, CallEvent call)
{
    private readonly Ledger _ledger = world.Ledger;
    private readonly Contents _contents = world.Contents;
    private readonly SimConfig _config = world.Plan.Config;
    private readonly List<(int Key, int Write)> _writes = [];
    private readonly int _lostArenas = world.LostArenas;

    /// <summary>A clock that loses one part in a hundred makes waits so much longer.</summary>
    private const double ClockMax = 1.011;

    /// <summary>What a call may end later than its time: a few turns of a node whose turns come late, after the answer or the end of the last wait.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(100);

    public SimLife Life => life;

    public CallEvent Call => call;

    public TimeSpan StartedAt { get; } = world.Time.Elapsed;

    /// <summary>When the call has to be over, by the slowest of clocks.</summary>
    public TimeSpan EndBy
    {
        get
        {
            var wait = call.Kind is CallKind.Put or CallKind.PutMany ? _config.PutDeadline : _config.AskTimeout;
            return StartedAt + ((wait + CallTime.Grace) * ClockMax) + Slack;
        }
    }

    private PutOptions? How => call.Machines == 0
        ? null
        : new PutOptions { Acknowledgement = call.Machines == CallEvent.Durable ? Acknowledgement.Durable : Acknowledgement.Replicated(call.Machines) };

    private bool IsGroup => call.Kind is CallKind.PutMany or CallKind.GetMany or CallKind.LongestPrefix;

    private ICascade Cache => life.Cache;

    private CacheKey Key => _contents.Key(call.Key);

    /// <summary>Makes the call.</summary>
    public async Task RunAsync()
    {
        var outcome = "failed";
        try
        {
            outcome = await (call.Kind switch
            {
                CallKind.Put => PutAsync(),
                CallKind.Get => GetAsync(),
                CallKind.GetMany => GetManyAsync(),
                CallKind.PutMany => PutManyAsync(),
                CallKind.LongestPrefix => LongestPrefixAsync(),
                CallKind.Protect => ProtectAsync(),
                CallKind.Unprotect => UnprotectAsync(),
                _ => DeleteAsync(),
            });
        }
        catch (CascadeUnavailableException e)
        {
            outcome = "unavailable";
            _ledger.Check(!_config.IsCalm, $"{call} was refused although nothing is broken: {e.Message}");
        }
        catch (Exception e)
        {
            _ledger.Fail($"{call} threw {e.GetType().Name}: {e}");
        }

        Abandon();
        _ledger.Check(world.Time.Elapsed <= EndBy, $"{call} was {outcome} {(world.Time.Elapsed - EndBy).TotalMilliseconds:0.0} ms later than it had to be over");
        _ledger.Ended(call.Kind.ToString(), outcome, call.Index, node.Index);
        world.OnEnded(this);
    }

    /// <summary>The node died, or the call failed: what it had begun may take effect or not.</summary>
    public void Abandon()
    {
        foreach (var (key, write) in _writes)
            _ledger[key].End(write, KeyTruth.Unknown);
        _writes.Clear();
    }

    private async Task<string> PutAsync()
    {
        var content = _contents.ContentOf(call.Key, call.Content);
        Begin(call.Key, content);
        var result = await Cache.PutAsync(Key, _contents.Memory(content), How);
        return EndPut(call.Key, content, result);
    }

    private async Task<string> PutManyAsync()
    {
        var blocks = Enumerable.Range(call.Key, call.Count)
            .Select(key => new BlockToPut(_contents.Key(key), _contents.Memory(_contents.ContentOf(key, call.Content))))
            .ToArray();
        for (var key = call.Key; key < call.Key + call.Count; key++)
            Begin(key, _contents.ContentOf(key, call.Content));
        var results = await Cache.PutManyAsync(blocks, How);
        var outcome = "";
        for (var i = 0; i < results.Length; i++)
            outcome = EndPut(call.Key + i, _contents.ContentOf(call.Key + i, call.Content), results[i]);
        return outcome;
    }

    private async Task<string> GetAsync()
    {
        var (book, seen) = (_ledger[call.Key], Look(call.Key));
        var result = await Cache.GetAsync(Key);
        CheckRead(book, seen, result);
        if (result.IsHit)
            world.Hold(this, result.Lease, call.Hold);
        return result.IsHit ? $"hit {result.Lease.Tier}" : result.MissReason is null ? "miss" : "miss with reason";
    }

    private async Task<string> GetManyAsync()
    {
        var keys = Enumerable.Range(call.Key, call.Count).ToArray();
        var seen = keys.Select(Look).ToArray();
        var results = await Cache.GetManyAsync(keys.Select(_contents.Key).ToArray());
        for (var i = 0; i < results.Length; i++)
        {
            CheckRead(_ledger[keys[i]], seen[i], results[i]);
            results[i].Dispose();
        }

        return $"{results.Count(static result => result.IsHit)} of {results.Length}";
    }

    private async Task<string> LongestPrefixAsync()
    {
        var keys = Enumerable.Range(call.Key, call.Count).Select(_contents.Key).ToArray();
        var seen = Enumerable.Range(call.Key, call.Count).Select(Look).ToArray();
        var length = await Cache.LongestPrefixAsync(keys);
        _ledger.Check(length >= 0 && length <= keys.Length, $"{call}: a prefix of {length}");
        if (length < keys.Length && IsStill(seen[length], KeyTruth.Present))
            _ledger.Check(!_config.IsCalm, $"{call}: k{call.Key + length} was put and acknowledged, and is not counted");
        return $"{length}";
    }

    private async Task<string> ProtectAsync()
    {
        var result = await Cache.ProtectAsync(new[] { Key });
        return result.Status.ToString();
    }

    private async Task<string> UnprotectAsync()
    {
        await Cache.UnprotectAsync(new[] { Key });
        return "done";
    }

    private async Task<string> DeleteAsync()
    {
        Begin(call.Key, null);
        var found = await Cache.DeleteAsync(Key);
        End(call.Key, KeyTruth.Absent);
        return found ? "found" : "not found";
    }

    private string EndPut(int key, int content, PutResult result)
    {
        _ledger.Check(!result.IsReadable || result.Id == _contents.Id(content), $"{call}: k{key} was stored as {result.Id}, and its bytes are {_contents.Id(content)}");
        // What is deleted while further nodes take it in, they need not take.
        var isAlone = _writes.Find(write => write.Key == key).Write == _ledger[key].Version;
        _ledger.Check(
            !_config.IsCalm || result.IsReadable || !isAlone, $"{call}: {result.Status}, {result.Reason}, although nothing is broken, there is room and nobody else writes the key");
        if (result.IsReadable)
            _ledger[key].Promises.Add((call.Machines, _lostArenas));
        End(key, result.IsReadable ? KeyTruth.Present : KeyTruth.Unknown, content);
        return result.Status.ToString();
    }

    private (int Key, int Version, KeyTruth Truth) Look(int key) => (key, _ledger[key].Version, _ledger[key].Truth);

    private bool IsStill((int Key, int Version, KeyTruth Truth) seen, KeyTruth truth) => seen.Truth == truth && _ledger[seen.Key].Version == seen.Version;

    private void CheckRead(KeyBook book, (int Key, int Version, KeyTruth Truth) seen, in GetResult result)
    {
        if (!result.IsHit)
        {
            if (IsStill(seen, KeyTruth.Present))
                _ledger.Check(!_config.IsCalm, $"{call}: k{seen.Key} was put and acknowledged, and is a miss ({result.MissReason ?? "no reason"})");
            return;
        }

        var content = _contents.Find(result.Lease.Span);
        _ledger.Check(result.Lease.IsHeld, $"{call}: the lease on k{seen.Key} had ended when it was given");
        _ledger.Check(content >= 0 && book.Written.Contains(content), $"{call}: k{seen.Key} gave {(content < 0 ? "bytes that nobody put" : $"c{content}, never put under it")}");
        if (IsStill(seen, KeyTruth.Present) && _config is { IsCalm: true, Rebinds: false })
            _ledger.Check(content == book.Content, $"{call}: k{seen.Key} gave c{content}, and names c{book.Content}");
        if (IsStill(seen, KeyTruth.Absent) && _config is { IsCalm: true, Rebinds: false })
            _ledger.Fail($"{call}: k{seen.Key} was deleted, and gave c{content}");
    }

    private void Begin(int key, int? content) => _writes.Add((key, _ledger[key].Begin(content)));

    private void End(int key, KeyTruth truth, int content = -1)
    {
        var at = _writes.FindIndex(write => write.Key == key);
        _ledger[key].End(_writes[at].Write, truth, content);
        _writes.RemoveAt(at);
    }
}

using Cascade.Core.Identity;
using Cascade.Core.Ports;

namespace Cascade.Cluster.Tests.Simulation;

/// <summary>What was promised to clients of a simulated node, and every promise that was broken.</summary>
internal sealed class RunLedger(IProtectedBlocks registered)
{
    private readonly List<ReaderPin> _promises = [];
    private readonly Dictionary<BlockId, int> _timesFreed = [];
    private readonly Dictionary<KeyDigest, int> _writes = [];
    private readonly Dictionary<KeyDigest, int> _writers = [];
    private readonly Dictionary<KeyDigest, BlockId> _acknowledged = [];
    private readonly HashSet<BlockId> _condemned = [];
    private (uint Slot, BlockId Id)? _freed;

    public EffectTrace Trace { get; } = new();

    public List<string> Violations { get; } = [];

    public Dictionary<string, int> Outcomes { get; } = [];

    public int Evictions { get; private set; }

    public int Drops { get; private set; }

    /// <summary>Keys that named a block when the deletion of another of its keys dropped it.</summary>
    public int LostToDeletions { get; private set; }

    /// <summary>Changes every time a copy of the block is freed.</summary>
    public int TimesFreed(BlockId id) => _timesFreed.GetValueOrDefault(id);

    public void Promise(ReaderPin pin) => _promises.Add(pin);

    public void Fail(string violation) => Violations.Add(violation);

    public void Check(bool holds, string violation)
    {
        if (!holds)
            Fail(violation);
    }

    public void OnFreed(TimeSpan now, uint slot, uint generation, BlockId id)
    {
        _promises.RemoveAll(p => p.IsEnded || p.Until <= now);
        Check(
            !_promises.Exists(p => p.Copy.Slot == slot && p.Copy.Generation == generation),
            $"slot {slot} was freed at {now} under a reader's lease on {id}");
        _timesFreed[id] = TimesFreed(id) + 1;
        _freed = (slot, id);
    }

    /// <summary>Follows every <see cref="OnFreed"/> in the same step.</summary>
    public void OnLeft(uint slot, bool evicted)
    {
        var (freedSlot, id) = _freed!.Value;
        _freed = null;
        Check(freedSlot == slot, $"the policy lost slot {slot} where {freedSlot} was freed");
        if (evicted)
        {
            Evictions++;
            Check(!registered.Contains(id), $"{id} was evicted while registered");
        }
        else
        {
            Drops++;
            Check(
                _condemned.Contains(id) || !_acknowledged.ContainsValue(id),
                $"{id} was dropped although nobody deleted it and an acknowledged key names it");
        }

        _condemned.Remove(id);
        if (!evicted)
            LostToDeletions += _acknowledged.Count(a => a.Value == id);
        foreach (var key in _acknowledged.Where(a => a.Value == id).Select(a => a.Key).ToList())
            _acknowledged.Remove(key);
    }

    /// <summary>A put or a deletion of the key begins; tells which write it is, for <see cref="EndWrite"/>.</summary>
    public int BeginWrite(KeyDigest key)
    {
        _acknowledged.Remove(key);
        var isAlone = _writers.GetValueOrDefault(key) == 0;
        _writers[key] = _writers.GetValueOrDefault(key) + 1;
        _writes[key] = _writes.GetValueOrDefault(key) + 1;
        return isAlone ? _writes[key] : -1;
    }

    /// <summary>True when no other write of the key overlapped this one.</summary>
    public bool EndWrite(KeyDigest key, int write)
    {
        _writers[key]--;
        return IsLatest(key, write);
    }

    public bool IsLatest(KeyDigest key, int write) => write >= 0 && _writes[key] == write;

    /// <summary>From here on the block leaves only by eviction, or by a deletion of all of its keys, this one among them.</summary>
    public void Acknowledge(KeyDigest key, BlockId id) => _acknowledged[key] = id;

    /// <summary>
    /// A deletion took the block's last key and goes on to drop the block. A key that is bound to it from now on until then is lost
    /// with it.
    /// </summary>
    public void Condemn(BlockId id) => _condemned.Add(id);

    public void Answered(string what, string outcome, TimeSpan took, TimeSpan limit)
    {
        var name = $"{what} {outcome}";
        Outcomes[name] = Outcomes.GetValueOrDefault(name) + 1;
        Trace.Add(name, took.Ticks);
        Check(took <= limit, $"{name} took {took} of at most {limit}");
    }
}

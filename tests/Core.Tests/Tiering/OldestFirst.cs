using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Tests.Tiering;

/// <summary>The simplest policy: the copy that came first goes first. Makes a tier's choices predictable by hand.</summary>
internal sealed class OldestFirst : IEvictionPolicy
{
    private readonly List<uint> _order = [];

    public List<(uint Slot, bool Evicted)> Removed { get; } = [];

    /// <summary>How often a victim was looked for.</summary>
    public int Picks { get; private set; }

    /// <summary>What <see cref="FrequencyOf"/> says of a slot; 0 where nothing is set.</summary>
    public Dictionary<uint, int> Frequencies { get; } = [];

    public void Admit(uint slot, in KeyBinding binding, long lengthBytes) => _order.Add(slot);

    public void Touch(uint slot)
    {
    }

    public void Remove(uint slot, bool evicted)
    {
        Assert.True(_order.Remove(slot));
        Removed.Add((slot, evicted));
    }

    public bool TryPickVictim(Func<uint, bool> mayEvict, out uint slot)
    {
        Picks++;
        foreach (var candidate in _order)
        {
            if (mayEvict(candidate))
            {
                slot = candidate;
                return true;
            }
        }

        slot = 0;
        return false;
    }

    public int FrequencyOf(uint slot) => Frequencies.GetValueOrDefault(slot);
}

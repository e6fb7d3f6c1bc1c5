using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Cluster.Tests.Simulation;

/// <summary>The node's policy, telling the ledger which freed copies were given up for room.</summary>
internal sealed class WatchedPolicy(IEvictionPolicy inner, RunLedger ledger) : IEvictionPolicy
{
    public void Admit(uint slot, in KeyBinding binding, long lengthBytes) => inner.Admit(slot, binding, lengthBytes);

    public void Touch(uint slot) => inner.Touch(slot);

    public void Remove(uint slot, bool evicted)
    {
        inner.Remove(slot, evicted);
        ledger.OnLeft(slot, evicted);
    }

    public bool TryPickVictim(Func<uint, bool> mayEvict, out uint slot) => inner.TryPickVictim(mayEvict, out slot);

    public int FrequencyOf(uint slot) => inner.FrequencyOf(slot);
}

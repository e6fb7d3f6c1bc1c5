using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Tiering;

/// <summary>Tells a policy of the copies that came, each after its parent.</summary>
/// <remarks>
/// The blocks of a prefix are written and read by several threads at a time, and come in nearly the order in which they were asked for. A policy that
/// hears of a block before its parent knows less of it, and takes it for one that nobody can use. So such a block waits for its parent: a bounded
/// number of them, for a bounded time, and not when a victim is looked for in vain. Until then it is no candidate. It does not wait for a parent that
/// has just been given up: that one is not on its way.
/// </remarks>
internal sealed class AdmissionOrder(IEvictionPolicy policy, Func<KeyDigest, bool> isHere)
{
    /// <summary>As many as there are threads that put or read, with some to spare.</summary>
    private const int WaitingMax = 64;

    /// <summary>A parent that was to come is here by then.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(1);

    private readonly List<Waiting> _waiting = [];
    private readonly KeyDigest[] _gone = new KeyDigest[2 * WaitingMax];
    private int _goneNext;

    private readonly record struct Waiting(uint Slot, KeyBinding Binding, long LengthBytes, TimeSpan Until);

    /// <summary>A copy came.</summary>
    public void Admit(TimeSpan now, uint slot, in KeyBinding binding, long lengthBytes)
    {
        if (!IsInOrder(binding))
        {
            if (_waiting.Count == WaitingMax)
                AdmitFirst();
            _waiting.Add(new Waiting(slot, binding, lengthBytes, now + WaitMax));
            return;
        }

        policy.Admit(slot, binding, lengthBytes);
        AdmitChildren(binding.Key);
    }

    /// <summary>A copy left. False when the policy was not told of it yet: then it need not be told that it left.</summary>
    public bool Remove(uint slot, List<KeyBinding> keys)
    {
        foreach (var binding in keys)
        {
            _gone[_goneNext] = binding.Key;
            _goneNext = _goneNext + 1 == _gone.Length ? 0 : _goneNext + 1;
            AdmitChildren(binding.Key);
        }

        return _waiting.RemoveAll(waiting => waiting.Slot == slot) == 0;
    }

    /// <summary>Ends waits that take too long.</summary>
    public void Tick(TimeSpan now)
    {
        while (_waiting.Count > 0 && _waiting[0].Until <= now)
            AdmitFirst();
    }

    /// <summary>Ends all waits; false when there are none.</summary>
    public bool AdmitAll()
    {
        if (_waiting.Count == 0)
            return false;
        while (_waiting.Count > 0)
            AdmitFirst();
        return true;
    }

    private bool IsInOrder(KeyBinding binding) =>
        binding.Parent.IsZero || binding.Parent == binding.Key
        || (isHere(binding.Parent) ? !_waiting.Exists(waiting => waiting.Binding.Key == binding.Parent) : _gone.AsSpan().Contains(binding.Parent));

    private void AdmitFirst() => AdmitAt(0);

    private void AdmitAt(int at)
    {
        var (slot, binding, lengthBytes, _) = _waiting[at];
        _waiting.RemoveAt(at);
        policy.Admit(slot, binding, lengthBytes);
        AdmitChildren(binding.Key);
    }

    /// <summary>Those that waited for a block, and for one of them in turn.</summary>
    private void AdmitChildren(KeyDigest key)
    {
        if (key.IsZero)
            return;
        while (_waiting.FindIndex(waiting => waiting.Binding.Parent == key) is var at and >= 0)
            AdmitAt(at);
    }
}

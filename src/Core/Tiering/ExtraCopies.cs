namespace Cascade.Core.Tiering;

/// <summary>The slots of copies that were brought here only to be nearer, while the block lies elsewhere too. In the order in which they are to be given up.</summary>
internal sealed class ExtraCopies
{
    /// <summary>Slots that one look for a victim goes over; the next look goes on behind them.</summary>
    private const int LookedAtMax = 128;

    private readonly LinkedList<uint> _order = [];
    private readonly Dictionary<uint, LinkedListNode<uint>> _places = [];

    /// <summary>A slot that is not in yet comes last.</summary>
    public void Add(uint slot) => _places.Add(slot, _order.AddLast(slot));

    /// <summary>The copy left, or counts as any other from now on. False when it did already.</summary>
    public bool Remove(uint slot)
    {
        if (!_places.Remove(slot, out var place))
            return false;
        _order.Remove(place);
        return true;
    }

    /// <summary>Gives one that may go, and puts it and those that may not behind all others.</summary>
    public bool TryPick(Func<uint, bool> mayEvict, out uint slot)
    {
        for (var left = Math.Min(_order.Count, LookedAtMax); left > 0; left--)
        {
            var first = _order.First!;
            _order.RemoveFirst();
            _order.AddLast(first);
            if (mayEvict(slot = first.Value))
                return true;
        }

        slot = 0;
        return false;
    }
}

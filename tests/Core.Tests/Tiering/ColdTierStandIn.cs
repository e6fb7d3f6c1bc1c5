using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Tiering;

namespace Cascade.Core.Tests.Tiering;

/// <summary>
/// Stands in for the cold tier: answers what it is asked in any order, late, some of it twice, and with every outcome. It knows what it holds, so
/// that it can tell whether the memory tier may have believed it.
/// </summary>
internal sealed class ColdTierStandIn(Random random)
{
    private readonly List<ColdErrand> _asked = [];
    private readonly List<ColdAnswer> _mail = [];

    /// <summary>Blocks that are on disk now.</summary>
    public HashSet<BlockId> Stored { get; } = [];

    /// <summary>Keys of blocks that were flushed at some time: what was evicted here since was not lost by the memory tier.</summary>
    public HashSet<(BlockId Id, KeyBinding Binding)> EverFlushed { get; } = [];

    /// <summary>Blocks of which a write was turned down for good.</summary>
    public HashSet<BlockId> TurnedDown { get; } = [];

    /// <summary>Memory that it may look at.</summary>
    public Dictionary<long, ColdPut> Lent { get; } = [];

    /// <summary>Stores whatever it is given from now on.</summary>
    public bool IsWilling { get; set; }

    public bool IsIdle => _asked.Count == 0 && _mail.Count == 0;

    public void Ask(ColdErrand errand)
    {
        _asked.Add(errand);
        if (errand.Request is ColdPut put)
            Lent.Add(errand.Number, put);
    }

    /// <summary>Decides on something it was asked, or hands an answer out; null when there is none yet.</summary>
    public ColdAnswer? Step()
    {
        if (_asked.Count > 0 && (_mail.Count == 0 || random.Next(2) == 0))
        {
            var errand = Take(_asked);
            if (errand.Request is ColdPut put)
                Decide(errand.Number, put);
            else
                Decide(errand.Number, (ColdBind)errand.Request);
            return null;
        }

        if (_mail.Count == 0)
            return null;
        var answer = Take(_mail);
        if (answer.Answer is MemoryReleased)
            Lent.Remove(answer.Number);
        if (!IsWilling && random.Next(8) == 0)
            _mail.Add(answer);
        return answer;
    }

    public void GiveUp(BlockId id) => Stored.Remove(id);

    private void Decide(long number, ColdPut put)
    {
        var outcome = IsWilling ? 9 : random.Next(10);
        object reply = outcome switch
        {
            0 => new Busy("full"),
            1 when !put.Durable => NotAdmitted.Instance,
            2 => new Unavailable("no disk"),
            3 => new Refused("too large"),
            4 when put.Durable => new Busy("not flushed in time, but stored all the same"),
            _ => new ColdStored(put.Durable),
        };
        if (outcome is 2 or 3)
            TurnedDown.Add(put.Id);

        // Of what was given its place in the log, one in seven is lost before it is flushed.
        var isDurable = outcome >= 4 && (IsWilling || random.Next(7) != 0);
        if (isDurable)
            Flush(put.Id, put.Binding);
        else if (put.Durable && reply is ColdStored)
            reply = new Busy("lost");
        _mail.Add(new ColdAnswer(number, reply));
        _mail.Add(new ColdAnswer(number, new MemoryReleased(put.Id, put.Memory, isDurable)));
    }

    private void Decide(long number, ColdBind bind)
    {
        var outcome = IsWilling ? 9 : random.Next(10);
        object reply = !Stored.Contains(bind.Id) ? NotFound.Instance
            : outcome == 0 ? new Busy("full")
            : outcome == 1 ? new Unavailable("no disk")
            : new ColdStored(bind.Durable);
        if (reply is Unavailable)
            TurnedDown.Add(bind.Id);
        if (reply is ColdStored)
            Flush(bind.Id, bind.Binding);
        _mail.Add(new ColdAnswer(number, reply));
    }

    private void Flush(BlockId id, KeyBinding binding)
    {
        Stored.Add(id);
        EverFlushed.Add((id, binding));
    }

    private T Take<T>(List<T> from)
    {
        var at = random.Next(from.Count);
        var taken = from[at];
        from.RemoveAt(at);
        return taken;
    }
}

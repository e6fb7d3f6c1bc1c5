using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Tiering;
using static Cascade.Core.Tests.Tiering.TierFixture;

namespace Cascade.Core.Tests.Tiering;

/// <summary>One run of a memory tier over a cold tier and owners that answer anything at any time, with what must hold after every step.</summary>
internal sealed class ColdTierRun(TierFixture tier, MemoryTierSettings settings, Random random)
{
    private sealed record Ask(TimeSpan Deadline, MakeDurable Message, bool IsAnswered = false);

    private readonly ColdTierStandIn _cold = new(random);
    private readonly Dictionary<int, int> _puts = [];
    private readonly Dictionary<string, Ask> _asks = [];
    private readonly HashSet<long> _fetches = [];
    private readonly List<Reservation> _held = [];
    private readonly List<RoomGiven> _rooms = [];
    private readonly List<Evict> _ownerMail = [];
    private readonly Dictionary<CopyLocation, Evict> _asked = [];
    private readonly Dictionary<uint, BlockId> _blockIn = [];
    private readonly HashSet<CopyLocation> _leaving = [];
    private int _number;
    private int _nextBlock;

    public void OneStep()
    {
        switch (random.Next(28))
        {
            case 0 or 1: Reserve(); break;
            case 2 or 3 or 4: SettlePut(); break;
            case < 11: AnswerAsOwner(); break;
            case < 19: AnswerAsCold(); break;
            case 19: TogglePin(); break;
            case 20 or 21: PassTime(TimeSpan.FromMilliseconds(random.Next(40))); break;
            case 22: DropOrProtect(); break;
            case 23: BindOrRelease(); break;
            case 24: AskDurable(); break;
            case 25: AskForRoom(); break;
            default: SettleRoom(); break;
        }

        Check();
    }

    public void Finish()
    {
        tier.Arena.Pinned.Clear();
        tier.Protected.Clear();
        _cold.IsWilling = true;
        for (var round = 0; round < 400; round++)
        {
            PassTime(TimeSpan.FromMilliseconds(20));
            while (_held.Count > 0)
                SettlePut();
            while (_rooms.Count > 0)
                SettleRoom();
            while (_ownerMail.Count > 0)
                AnswerAsOwner();
            while (!_cold.IsIdle)
                AnswerAsCold();
            Check();
        }

        Assert.All(_puts, p => Assert.Equal(1, p.Value));
        Assert.All(_asks, a => Assert.True(a.Value.IsAnswered));
        Assert.Empty(_fetches);
        Assert.False(tier.Core.NeedsTicksSoon);
        Assert.True(tier.Arena.FreeBytes >= settings.HeadroomBytes);
        Assert.Equal((0, 0), (tier.Arena.Reservations, _cold.Lent.Count));
        var report = tier.Report();
        Assert.True(report is { Demoted: > 10, Promoted: > 10, Evicted: > 40, Dropped: > 10 }, report.ToString());
    }

    private void Reserve()
    {
        var put = _number++;
        _puts[put] = 0;
        Take(tier.Step(new Reserve(random.Next(1, 6 * Granule), TimeSpan.FromMilliseconds(random.Next(300))), put));
    }

    private void SettlePut()
    {
        if (_held.Count == 0)
            return;
        var reservation = Draw(_held);
        _held.Remove(reservation);
        var id = Id(random.Next(5) == 0 && _nextBlock > 0 ? random.Next(_nextBlock) : _nextBlock++);
        Take(random.Next(6) == 0
            ? tier.Step(new Cancel(reservation))
            : tier.Step(new Publish(reservation, id, NewKey(), Announce: random.Next(2) == 0)));
    }

    private void AnswerAsOwner()
    {
        if (_ownerMail.Count == 0)
            return;
        var evict = Draw(_ownerMail);
        if (_cold.IsWilling || random.Next(8) != 0)
            _ownerMail.Remove(evict);
        var isLast = !_cold.Stored.Contains(evict.Id) && (_cold.IsWilling || random.Next(6) != 0);
        if (!_cold.IsWilling && random.Next(5) == 0)
            Take(tier.Step(new EvictRefused(evict.Id, evict.Copy, EvictRefusal.Leased)));
        else if (isLast && !evict.Discard)
            Take(tier.Step(new Demote(evict.Id, evict.Copy, TierKind.Cold)));
        else
            Grant(evict, isLast);
    }

    private void Grant(Evict evict, bool isLast)
    {
        var isHere = IsHere(evict.Copy);
        var keys = new List<KeyBinding>();
        if (isHere)
            tier.Arena.CollectKeys(evict.Copy.Slot, keys);
        Take(tier.Step(new EvictGranted(evict.Id, evict.Copy, isLast)));
        var mayLose = _asked[evict.Copy].Discard && _cold.TurnedDown.Contains(evict.Id);
        if (isHere && !isLast && !IsHere(evict.Copy) && !mayLose)
            Assert.All(keys, key => Assert.Contains((evict.Id, key), _cold.EverFlushed));
    }

    private void AnswerAsCold()
    {
        if (_cold.Step() is { } answer)
            Take(tier.Step(answer));
        if (!_cold.IsWilling && _cold.Stored.Count > 0 && random.Next(30) == 0)
            _cold.GiveUp(Draw([.. _cold.Stored]));
    }

    private void TogglePin()
    {
        var slot = tier.Arena.Pinned.Count > 1 ? Draw([.. tier.Arena.Pinned]) : (uint)random.Next(tier.Arena.SlotCount);
        if (!tier.Arena.Pinned.Remove(slot) && tier.Arena.Residents.Any(r => r.Slot == slot))
            tier.Arena.Pinned.Add(slot);
    }

    private void PassTime(TimeSpan time)
    {
        tier.Now += time;
        Take(tier.Tick());
        Assert.All(_asks, a => Assert.True(a.Value.IsAnswered || a.Value.Deadline > tier.Now));
    }

    private void DropOrProtect()
    {
        if (!TryDrawResident(out var id, out var copy))
            return;
        if (random.Next(6) != 0)
        {
            if (!tier.Protected.Remove(id) && tier.Protected.Count < 2 && !_leaving.Contains(copy))
                tier.Protected.Add(id);
            return;
        }

        tier.Protected.Remove(id);
        _leaving.Add(copy);
        Take(tier.Step(random.Next(3) == 0 ? new ReportCorrupt(id, copy) : new Drop(id, copy)));
    }

    private void BindOrRelease()
    {
        if (!TryDrawResident(out var id, out var copy))
            return;
        var keys = new List<KeyBinding>();
        tier.Arena.CollectKeys(copy.Slot, keys);
        if (keys.Count > 0 && random.Next(5) == 0 && Draw(keys) is var key)
            Take(tier.Step(new ReleaseKey(key.Key, id, key.Stamp), "deleter"));
        else
            Take(tier.Step(new BindAlias(id, NewKey()), "binder"));
    }

    private void AskDurable()
    {
        var id = Id(random.Next(_nextBlock + 1));
        var keys = new List<KeyBinding>();
        if (random.Next(4) != 0 && TryDrawResident(out var here, out var copy))
        {
            id = here;
            tier.Arena.CollectKeys(copy.Slot, keys);
        }

        var binding = keys.Count > 0 && random.Next(3) != 0 ? Draw(keys) : NewKey();
        var message = new MakeDurable(id, binding, TimeSpan.FromMilliseconds(random.Next(300)));
        var asker = $"asker {_number++}";
        _asks[asker] = new Ask(tier.Now + message.Timeout, message);
        Take(tier.Step(message, asker));
    }

    private void AskForRoom()
    {
        var fetch = _number++;
        _fetches.Add(fetch);
        Take(tier.Step(new RoomNeeded(fetch, Id(0), random.Next(1, 4 * Granule)), "cold"));
    }

    private void SettleRoom()
    {
        if (_rooms.Count == 0)
            return;
        var given = Draw(_rooms);
        _rooms.Remove(given);
        if (_cold.EverFlushed.Count == 0 || random.Next(4) == 0)
        {
            Take(tier.Step(new RoomReturned(given.Fetch, given.Memory)));
            return;
        }

        var (id, binding) = Draw([.. _cold.EverFlushed]);
        Take(tier.Step(new RoomFilled(given.Fetch, id, given.Memory, random.Next(5) == 0 ? default : binding)));
    }

    private void Take(List<Effect> effects)
    {
        foreach (var (to, message) in effects)
        {
            if (to is int put)
                _puts[put]++;
            if (to is string name && _asks.TryGetValue(name, out var ask))
                TakeVerdict(name, ask, message);
            switch (message)
            {
                case Reserved m: _held.Add(m.Reservation); break;
                case Evict m: _ownerMail.Add(_asked[m.Copy] = m); break;
                case ColdErrand m: _cold.Ask(m); break;
                case RoomGiven m: Assert.True(_fetches.Remove(m.Fetch)); _rooms.Add(m); break;
                case RoomDenied m: Assert.True(_fetches.Remove(m.Fetch)); break;
                default: break;
            }
        }

        foreach (var (slot, id) in tier.Arena.Residents)
            _blockIn[slot] = id;
    }

    private void TakeVerdict(string name, Ask ask, object message)
    {
        Assert.False(ask.IsAnswered);
        Assert.True(message is MadeDurable or NotFound or Busy or Refused or Unavailable);
        if (message is MadeDurable)
            Assert.Contains((ask.Message.Id, ask.Message.Binding), _cold.EverFlushed);
        _asks[name] = ask with { IsAnswered = true };
    }

    private void Check()
    {
        Assert.Equal(_held.Count + _rooms.Count, tier.Arena.Reservations);
        Assert.All(tier.Protected, id => Assert.True(tier.Arena.TryFind(id, out _)));
        Assert.All(tier.Arena.Pinned, slot => Assert.Contains(tier.Arena.Residents, r => r.Slot == slot && r.Id == _blockIn[slot]));
        Assert.All(
            _cold.Lent.Values,
            put => Assert.True(tier.Arena.TryFind(put.Id, out var copy) && copy.OffsetBytes == put.Memory.Address));
    }

    private bool TryDrawResident(out BlockId id, out CopyLocation copy)
    {
        (id, copy) = (default, default);
        var residents = tier.Arena.Residents.ToList();
        if (residents.Count == 0)
            return false;
        id = Draw(residents).Id;
        return tier.Arena.TryFind(id, out copy);
    }

    private bool IsHere(CopyLocation copy) => tier.Arena.TryFind(_blockIn.GetValueOrDefault(copy.Slot), out var here) && here == copy;

    private KeyBinding NewKey() => Key(random.Next(60), stamp: ++_number);

    private T Draw<T>(List<T> from) => from[random.Next(from.Count)];
}

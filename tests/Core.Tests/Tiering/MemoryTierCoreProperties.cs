using Cascade.Core.Eviction;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Tiering;
using static Cascade.Core.Tests.Tiering.TierFixture;

namespace Cascade.Core.Tests.Tiering;

public sealed class MemoryTierCoreProperties
{
    /// <summary>
    /// Random puts, cancels, pins, drops and owners that grant, refuse, answer twice, late or never: after every step nothing
    /// pinned or protected is gone, and in the end every reserve was answered exactly once and nothing is left behind.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Any_order_of_events_keeps_what_must_stay_and_answers_every_put(int seed)
    {
        var random = new Random(seed);
        using var tier = new TierFixture(granules: 24, slots: 16);
        var run = new Run(tier, random, hasPrefixes: false);
        for (var step = 0; step < 4000; step++)
            run.OneStep();
        run.Finish();
    }

    /// <summary>The same, where the policy learns and blocks continue others that come later, or never: nothing may wedge on an order that it does not like.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Any_order_of_events_keeps_what_must_stay_also_with_prefixes_and_a_policy_that_refuses_newcomers(int seed)
    {
        var random = new Random(seed);
        using var tier = new TierFixture(granules: 24, slots: 16, policy: new ArrivingReads(new HazardPolicy(16), 16));
        var run = new Run(tier, random, hasPrefixes: true);
        for (var step = 0; step < 4000; step++)
            run.OneStep();
        run.Finish();
    }

    private sealed class Run(TierFixture tier, Random random, bool hasPrefixes)
    {
        private readonly Dictionary<int, int> _answers = [];
        private readonly List<Reservation> _held = [];
        private readonly List<object> _ownerMail = [];
        private readonly Dictionary<uint, int> _blockIn = [];
        private readonly HashSet<CopyLocation> _dropped = [];
        private int _nextPut;
        private int _nextBlock;

        public void OneStep()
        {
            switch (random.Next(10))
            {
                case 0 or 1 or 2: Reserve(); break;
                case 3 or 4: Settle(); break;
                case 5 or 6: AnswerAsOwner(); break;
                case 7: TogglePin(); break;
                case 8: tier.Now += TimeSpan.FromMilliseconds(random.Next(200)); Take(tier.Tick()); break;
                default: DropOrProtect(); break;
            }

            Check();
        }

        public void Finish()
        {
            tier.Arena.Pinned.Clear();
            tier.Protected.Clear();
            tier.Now += TimeSpan.FromMinutes(1);
            Take(tier.Tick());
            while (_held.Count > 0)
                Settle();
            Assert.All(_answers, a => Assert.Equal(1, a.Value));
            Assert.False(tier.Core.HasWaitingPuts);
            Assert.Equal(0, tier.Arena.Reservations);
        }

        private void Reserve()
        {
            var put = _nextPut++;
            _answers[put] = 0;
            Take(tier.Step(new Reserve(random.Next(1, 6 * Granule), TimeSpan.FromMilliseconds(random.Next(300))), put));
        }

        private void Settle()
        {
            if (_held.Count == 0)
                return;
            var at = random.Next(_held.Count);
            var reservation = _held[at];
            _held.RemoveAt(at);
            if (random.Next(4) == 0)
            {
                Take(tier.Step(new Cancel(reservation)));
                return;
            }

            var block = random.Next(5) == 0 && _nextBlock > 0 ? random.Next(_nextBlock) : _nextBlock++;
            var key = Key(block, _nextPut);
            if (hasPrefixes && block % 4 > 0)
                key = key with { Parent = Key(random.Next(8) == 0 ? block + 2 : block - 1).Key, Depth = block % 4 };
            Take(tier.Step(new Publish(reservation, Id(block), key)));
            Assert.True(tier.Arena.TryFind(Id(block), out var copy));
            _blockIn[copy.Slot] = block;
        }

        private void AnswerAsOwner()
        {
            if (_ownerMail.Count == 0)
                return;
            var at = random.Next(_ownerMail.Count);
            var mail = _ownerMail[at];

            // One answer in eight comes twice.
            if (random.Next(8) != 0)
                _ownerMail.RemoveAt(at);
            if (mail is Evict evict)
            {
                Take(tier.Step(random.Next(3) switch
                {
                    0 => new EvictRefused(evict.Id, evict.Copy, EvictRefusal.Leased),
                    _ => new EvictGranted(evict.Id, evict.Copy, random.Next(2) == 0),
                }));
            }
        }

        private void TogglePin()
        {
            var slot = (uint)random.Next(tier.Arena.SlotCount);
            if (!tier.Arena.Pinned.Remove(slot) && tier.Arena.Residents.Any(r => r.Slot == slot))
                tier.Arena.Pinned.Add(slot);
        }

        private void DropOrProtect()
        {
            var residents = tier.Arena.Residents.ToList();
            if (residents.Count == 0)
                return;
            var (_, id) = residents[random.Next(residents.Count)];
            Assert.True(tier.Arena.TryFind(id, out var copy));
            if (random.Next(3) != 0)
            {
                // What was deleted and only waits for its pin is past protecting.
                if (!tier.Protected.Remove(id) && tier.Protected.Count < 3 && !_dropped.Contains(copy))
                    tier.Protected.Add(id);
                return;
            }

            tier.Protected.Remove(id);
            _dropped.Add(copy);
            Take(tier.Step(new Drop(id, copy)));
        }

        private void Take(List<Effect> effects)
        {
            foreach (var (to, message) in effects)
            {
                if (to is int put)
                    _answers[put]++;
                if (message is Reserved reserved)
                    _held.Add(reserved.Reservation);
                if (message is Evict)
                    _ownerMail.Add(message);
            }
        }

        /// <summary>What is pinned or protected is still there, and what is set aside is what writers hold.</summary>
        private void Check()
        {
            Assert.Equal(_held.Count, tier.Arena.Reservations);
            Assert.All(tier.Protected, id => Assert.True(tier.Arena.TryFind(id, out _)));
            foreach (var pinned in tier.Arena.Pinned)
                Assert.Contains(tier.Arena.Residents, r => r.Slot == pinned && r.Id == Id(_blockIn[pinned]));
        }
    }
}

using System.Collections.Concurrent;
using Cascade.Core.Cold;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Tiers.Tests.Cold;

/// <summary>The real core over a real device, run by the test's thread: what is asked is carried out until an answer is there.</summary>
internal sealed class StoreOnDisk : IDisposable, IProtectedBlocks
{
    /// <summary>Where fetched blocks are put; puts use what lies before.</summary>
    public const long RoomAt = 4 << 20;

    private readonly BlockingCollection<DeviceCompletion> _completions = [];
    private readonly Outbox _outbox = new();
    private readonly List<object> _said = [];
    private readonly ColdStoreCore _core;
    private int _inFlight;
    private TimeSpan _now;

    public StoreOnDisk(string folder, ColdSettings settings)
    {
        Box = new ColdSandbox(folder) { OnCompletion = _completions.Add };
        _core = new ColdStoreCore(new TierAddress(new NodeId(0), TierKind.Cold), settings, DigestAlgorithm.Blake3, this);
        _core.Start(_now, _outbox);
        Ready = Await<ColdReady>();
    }

    public ColdSandbox Box { get; }

    public ColdReady Ready { get; }

    public ColdReport Report => _core.Report;

    public bool Contains(BlockId id) => false;

    public TReply Ask<TReply>(object message)
    {
        Assert.True(_core.Handle(_now, this, message, _outbox));
        return Await<TReply>();
    }

    /// <summary>Carries out what is asked for until something of that type was said.</summary>
    private T Await<T>()
    {
        while (true)
        {
            CarryOut();
            var at = _said.FindIndex(m => m is T);
            if (at >= 0)
            {
                var found = (T)_said[at];
                _said.RemoveAt(at);
                return found;
            }

            if (_inFlight > 0)
            {
                Assert.True(_completions.TryTake(out var completion, ColdSandbox.Patience), $"{_inFlight} requests hang.");
                _inFlight--;
                _core.Handle(_now, this, completion!, _outbox);
            }
            else
            {
                _now = _core.NextTick;
                Assert.True(_now < ColdSandbox.Patience, $"No {typeof(T).Name}; said: {string.Join("; ", _said)}");
                _core.Tick(_now, _outbox);
            }
        }
    }

    private void CarryOut()
    {
        Effect[] effects = [.. _outbox.Effects];
        _outbox.Clear();
        foreach (var (to, message) in effects)
        {
            if (ReferenceEquals(to, ColdPort.Device))
            {
                _inFlight++;
                Box.Device.Submit((DeviceRequest)message);
            }
            else if (message is RoomNeeded room)
            {
                _core.Handle(_now, this, new RoomGiven(room.Fetch, new PayloadMemory(RoomAt, room.LengthBytes)), _outbox);
                CarryOut();
            }
            else if (message is Bind bind)
            {
                _core.Handle(_now, this, new Bound(bind.Key, bind.Id, Applied: true), _outbox);
                CarryOut();
            }
            else
            {
                _said.Add(message);
            }
        }
    }

    public void Dispose()
    {
        Box.Dispose();
        _completions.Dispose();
    }
}

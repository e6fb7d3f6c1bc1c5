using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;

namespace Cascade.Core.Indices;

/// <summary>The part of the key index that one lane of a node has: the shards of the lane of which the node is primary or backup.</summary>
/// <remarks>
/// <para>
/// The primary of a shard alone answers. What changes a key it applies and passes on to the backup in the asker's name, and the backup answers: so what was
/// acknowledged is on both. The backup takes it from whom it knows as the primary by its own view alone; so nothing is acknowledged by a pair that one of the
/// two has given up.
/// </para>
/// <para>
/// A node that becomes primary asks every other node what it holds of the shard, and fetches that: it has all that was acknowledged as soon as all have answered,
/// since whoever answers holds to a view in which it is not in charge. Meanwhile it holds messages back. A backup that had all its primary had goes on at once
/// when that is gone. Where nobody held the shard whole, all nodes bind their copies' keys anew.
/// </para>
/// <para>Not thread-safe: it belongs to the lane's actor.</para>
/// </remarks>
public sealed partial class KeyIndexLaneCore
{
    /// <summary>Messages held back in all; a further one is answered <see cref="Moved"/>.</summary>
    private const int HeldMax = 4096;

    /// <summary>How long a new primary holds messages back for those who do not answer it.</summary>
    private static readonly TimeSpan HoldFor = TimeSpan.FromSeconds(3);

    /// <summary>How often shards are compared with their backups, one at a time, and deletions aged.</summary>
    private static readonly TimeSpan RoundEvery = TimeSpan.FromSeconds(1);

    /// <summary>How often who holds shards that others are in charge of says so, and a backup that lacks some is told again.</summary>
    private static readonly TimeSpan OfferEvery = TimeSpan.FromMilliseconds(250);

    private readonly int _lane;
    private readonly NodeId _node;
    private readonly KeyIndexSettings _settings;
    private readonly KeyShard?[] _shards = new KeyShard?[KeyLanes.ShardsEach];
    private readonly List<(object Sender, IKeyMessage Message)> _early = [];
    private ClusterState? _state;
    private NodeLife? _self;
    private ulong _lives;
    private int _held;
    private long _numbers;
    private TimeSpan _nextRound;
    private TimeSpan _nextOffer;

    /// <summary>Makes a lane that knows nothing: messages are held back until it is told of the cluster.</summary>
    /// <param name="lane">0 to <see cref="KeyLanes.Count"/> - 1.</param>
    /// <param name="node">This node.</param>
    /// <param name="settings">Limits of each shard.</param>
    /// <param name="firstNumber">Greater in each life of the node: transfers are numbered from here on.</param>
    public KeyIndexLaneCore(int lane, NodeId node, KeyIndexSettings settings, long firstNumber)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lane);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(lane, KeyLanes.Count);
        ArgumentNullException.ThrowIfNull(settings);
        (_lane, _node, _settings, _numbers) = (lane, node, settings, firstNumber);
    }

    /// <summary>True while something is under way that ticks bring on: they are worth more then.</summary>
    public bool NeedsTicksSoon => _shards.Any(static shard => shard is { Role: KeyRole.Primary, Stage: not KeyStage.Whole } || IsUnderWay(shard));

    /// <summary>What the lane holds.</summary>
    public KeyLaneReport Report => new(
        _shards.Sum(static shard => shard?.Keys.Keys ?? 0), Count(static shard => shard.Role == KeyRole.Primary),
        Count(static shard => shard.Role == KeyRole.Backup), Count(static shard => shard.Role == KeyRole.Primary && shard.Stage != KeyStage.Whole),
        Count(static shard => shard.Role == KeyRole.None));

    /// <summary>What the lane holds of a shard; null when nothing.</summary>
    internal KeyShard? Shard(int shard) => Find(shard);

    /// <summary>Takes a message about a key in: one of a client, a tier or an owner.</summary>
    /// <exception cref="ArgumentException">The message is none that a shard knows.</exception>
    public void Handle(TimeSpan now, object sender, IKeyMessage message, Outbox outbox)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(outbox);
        if (_state is null && _early.Count < HeldMax)
        {
            _early.Add((sender, message));
            return;
        }
        var number = KeyLanes.ShardOf(message.Key);
        var shard = KeyLanes.LaneOf(number) == _lane ? _shards[KeyLanes.SlotOf(number)] : null;
        if (shard is not { Role: KeyRole.Primary })
            TurnAway(sender, message, outbox);
        else if (shard.Stage == KeyStage.Loading)
            Hold(shard, sender, message, outbox);
        else
            Serve(now, shard, sender, message, outbox);
    }

    /// <summary>Takes a message of another node in.</summary>
    /// <param name="now">Monotonic time.</param>
    /// <param name="sender">In whose name a <see cref="KeyReplicate"/> came.</param>
    /// <param name="message">The message.</param>
    /// <param name="outbox">Takes what is to be sent.</param>
    public void Handle(TimeSpan now, object sender, IKeyLaneMessage message, Outbox outbox)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(outbox);
        switch (message)
        {
            // In the order of their frequency.
            case KeyReplicate m: OnReplicate(now, sender, m, outbox); break;
            case KeyForget m: OnForget(now, m); break;
            case WhoHoldsKeys m: OnWhoHolds(m, outbox); break;
            case KeysHeld m: OnHeld(now, m); break;
            case FetchKeys m: OnFetch(m, outbox); break;
            case KeyPage m: OnPage(now, m, outbox); break;
            case KeysDigest m: OnDigest(m, outbox); break;
            case KeysAgree m: OnAgree(m); break;
            case KeysOffered m: OnOffered(m, outbox); break;
            case KeysSettled m: OnSettled(m); break;
            case KeysAnnounced m: OnAnnounced(m); break;
        }
        Advance(now, outbox);
    }

    /// <summary>Brings on what is under way. To be called some ten times a second while <see cref="NeedsTicksSoon"/>, else once.</summary>
    public void Tick(TimeSpan now, Outbox outbox)
    {
        ArgumentNullException.ThrowIfNull(outbox);
        if (now >= _nextRound)
        {
            _nextRound = now + RoundEvery;
            foreach (var shard in _shards)
                shard?.Keys.Tick(now, outbox);
            CompareNext(outbox);
        }
        if (now >= _nextOffer)
        {
            _nextOffer = now + OfferEvery;
            OfferSpares(now, outbox);
        }
        Advance(now, outbox);
    }

    private void Advance(TimeSpan now, Outbox outbox)
    {
        AskPeers(now, outbox);
        EndSurveys(now, outbox);
        Fetch(now, outbox);
        Rebuild(now, outbox);
        AskArrivals(now, outbox);
        AskBackups(now, outbox);
        EndHolding(now, outbox);
    }

    private void Serve(TimeSpan now, KeyShard shard, object sender, IKeyMessage message, Outbox outbox)
    {
        var isKnown = shard.Stage == KeyStage.Whole || message is not (Lookup or Unbind) || shard.Keys.Entry(message.Key) is { IsTombstone: false };
        if (isKnown)
            Apply(now, shard, sender, message, outbox);
        else if (now < shard.HoldUntil)
            Hold(shard, sender, message, outbox);
        else
            TurnAway(sender, message, outbox);
    }

    private void Apply(TimeSpan now, KeyShard shard, object sender, IKeyMessage message, Outbox outbox)
    {
        var reply = shard.Keys.Apply(now, message);
        if (message is Lookup || reply is Refused || shard.Backup is not { } backup)
        {
            if (reply is not null)
                outbox.Send(sender, reply);
            return;
        }
        if (message is Forget forget)
        {
            outbox.Send(To(backup), new KeyForget(_self!.Value, forget.Key, forget.Id, forget.Stamp));
            return;
        }
        // All that is known of the key goes along, so that a repeated request makes good for one that was lost on its way.
        var entry = shard.Keys.Entry(message.Key) ?? KeyIndexEntry.Tombstone(message.Key, ((Unbind)message).Stamp);
        outbox.SendFor(sender, To(backup), new KeyReplicate(_self!.Value, entry.Binding, entry.Id, reply as Bound, reply as Found));
    }

    private void OnReplicate(TimeSpan now, object sender, KeyReplicate message, Outbox outbox)
    {
        object reply = Moved.Instance;
        if (Find(message.Binding.Key) is { Role: KeyRole.Backup } shard && shard.Primary == message.From)
        {
            reply = shard.Keys.TryApply(now, new KeyIndexEntry(message.Binding, message.Id))
                ? message.Bound ?? message.Found ?? (object)NotFound.Instance
                : new Refused("The backup of the shard is full: raise the limit, or delete keys.");
        }
        outbox.Send(sender, reply);
    }

    private void OnForget(TimeSpan now, KeyForget message)
    {
        if (Find(message.Key) is { Role: KeyRole.Backup } shard && shard.Primary == message.From)
            shard.Keys.Apply(now, new Forget(message.Key, message.Id, message.Stamp));
    }

    private void Hold(KeyShard shard, object sender, IKeyMessage message, Outbox outbox)
    {
        if (_held >= HeldMax)
        {
            TurnAway(sender, message, outbox);
            return;
        }
        _held++;
        shard.Held.Add((sender, message));
    }

    /// <summary>Takes up again what was held back of a shard.</summary>
    private void Release(TimeSpan now, KeyShard shard, Outbox outbox)
    {
        if (shard.Held.Count == 0)
            return;
        (object Sender, IKeyMessage Message)[] held = [.. shard.Held];
        shard.Held.Clear();
        _held -= held.Length;
        foreach (var (sender, message) in held)
            Handle(now, sender, message, outbox);
    }

    private static void TurnAway(object sender, IKeyMessage message, Outbox outbox)
    {
        if (message is not Forget)
            outbox.Send(sender, Moved.Instance);
    }

    private KeyShard? Find(in KeyDigest key) => Find(KeyLanes.ShardOf(key));

    private KeyShard? Find(int number) =>
        number is >= 0 and < ShardMap.Shards && KeyLanes.LaneOf(number) == _lane ? _shards[KeyLanes.SlotOf(number)] : null;

    /// <summary>The shards of a set that the node has something of.</summary>
    private IEnumerable<KeyShard> In(ulong set)
    {
        for (var slot = 0; slot < _shards.Length; slot++)
        {
            if ((set >> slot & 1) != 0 && _shards[slot] is { } shard)
                yield return shard;
        }
    }

    private KeyLaneAddress To(NodeLife life) => new(life.Node, _lane);

    private int Count(Func<KeyShard, bool> isCounted) => _shards.Count(shard => shard is not null && isCounted(shard));

    private static bool IsUnderWay(KeyShard? shard) =>
        shard is not null && (shard.Sources.Count > 0 || (shard.IsServingAll && shard.Backup is not null && !shard.IsAgreed));
}

/// <summary>What a lane of the key index holds.</summary>
/// <param name="Keys">Keys that name a block, those of which the node is backup among them.</param>
/// <param name="Primary">Shards of which the node is primary.</param>
/// <param name="Backup">Shards of which it is backup.</param>
/// <param name="Incomplete">Shards of which it is primary, and has not got all yet.</param>
/// <param name="HandingOver">Shards that it is neither of and has to hand over yet.</param>
public sealed record KeyLaneReport(int Keys, int Primary, int Backup, int Incomplete, int HandingOver);

using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Indices;

/// <content>Shards that nobody held whole: all nodes bind the keys of their copies anew.</content>
public sealed partial class KeyIndexLaneCore
{
    /// <summary>Tiers may have much to bind: they are asked again seldom, in case the request or its answer was lost.</summary>
    private static readonly TimeSpan AnnouncePatience = TimeSpan.FromSeconds(5);

    private readonly List<KeyAnnouncer> _announcers = [];
    private ulong _rebuilding;
    private long _rebuildRound;

    private void Rebuild(TimeSpan now, Outbox outbox)
    {
        if (_state is null)
            return;
        var due = 0UL;
        foreach (var shard in In(ulong.MaxValue))
            due |= NeedsRebuilding(shard) ? shard.Bit : 0;
        if (due == 0)
        {
            EndRebuild();
            return;
        }
        if (_rebuilding == 0)
            BeginRebuild(due);
        MeetAnnouncers();
        var asked = _announcers.Count(announcer => announcer.IsAsked && !announcer.IsDone);
        foreach (var announcer in _announcers)
        {
            if (announcer.IsDone || now < announcer.AskAgainAt || (!announcer.IsAsked && asked >= AskedMax))
                continue;
            asked += announcer.IsAsked ? 0 : 1;
            (announcer.IsAsked, announcer.AskAgainAt) = (true, now + AnnouncePatience);
            outbox.Send(new TierAddress(announcer.Life.Node, TierKind.Shm), new AnnounceKeys(_lane, _rebuilding, _rebuildRound));
        }
        if (!_announcers.TrueForAll(static announcer => announcer.IsDone))
            return;
        foreach (var shard in In(_rebuilding))
        {
            if (!NeedsRebuilding(shard))
                continue;
            shard.Unheard.Clear();
            BecomeWhole(now, shard, outbox);
        }
        EndRebuild();
    }

    /// <summary>A shard that comes to need it while others are rebuilt waits for its turn.</summary>
    private void BeginRebuild(ulong shards)
    {
        _rebuilding = shards;
        _rebuildRound = ++_numbers;
        _announcers.Clear();
    }

    private void EndRebuild()
    {
        _rebuilding = 0;
        _announcers.Clear();
    }

    /// <summary>All that may have copies, those that join among them; who comes later binds its keys when it starts.</summary>
    private void MeetAnnouncers()
    {
        _announcers.RemoveAll(announcer => !IsLive(announcer.Life));
        foreach (var member in _state!.Members.Members)
        {
            if (!member.Metadata.IsClient && !_announcers.Exists(announcer => announcer.Life == member.Life))
                _announcers.Add(new KeyAnnouncer(member.Life));
        }
    }

    private void OnAnnounced(KeysAnnounced message)
    {
        OnArrivalAnnounced(message);
        if (message.Round == _rebuildRound)
            _announcers.Find(announcer => announcer.Life.Node == message.From.Node)?.Take(message);
    }

    private static bool NeedsRebuilding(KeyShard shard) => shard is { Role: KeyRole.Primary, Stage: KeyStage.Partial, IsSurveyed: true };

    private sealed class KeyAnnouncer(NodeLife life)
    {
        public NodeLife Life { get; } = life;

        public bool IsAsked { get; set; }

        public TimeSpan AskAgainAt { get; set; }

        /// <summary>Of an arrival: what the request is known by.</summary>
        public long Round { get; init; }

        /// <summary>Of an arrival: the shards that it was asked for.</summary>
        public ulong Shards { get; set; }

        private bool IsMemoryDone { get; set; }

        private bool AwaitsCold { get; set; }

        private bool IsColdDone { get; set; }

        public bool IsDone => IsMemoryDone && (!AwaitsCold || IsColdDone);

        public void Take(KeysAnnounced message)
        {
            if (message.From.Tier == TierKind.Cold)
                IsColdDone = true;
            else
                (IsMemoryDone, AwaitsCold) = (true, message.AwaitCold);
        }
    }
}

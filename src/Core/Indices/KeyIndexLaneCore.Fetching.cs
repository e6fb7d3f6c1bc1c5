using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Ports;

namespace Cascade.Core.Indices;

/// <content>Shards come from other nodes a page at a time, each asked for: who gets them sets the pace.</content>
public sealed partial class KeyIndexLaneCore
{
    /// <summary>Shards that are fetched at a time.</summary>
    private const int FetchesMax = 4;

    private readonly List<KeyFetch> _fetches = [];

    private void Fetch(TimeSpan now, Outbox outbox)
    {
        foreach (var shard in In(ulong.MaxValue))
        {
            if (_fetches.Count >= FetchesMax)
                break;
            if (shard.Sources.Count > 0 && !_fetches.Exists(fetch => fetch.Shard == shard))
                _fetches.Add(new KeyFetch(shard, shard.Sources[0], shard.AgreeRound));
        }
        foreach (var fetch in _fetches)
        {
            if (_self is not { } self || now < fetch.AskAgainAt)
                continue;
            fetch.AskAgainAt = now + AnswerPatience;
            outbox.Send(To(fetch.Source), new FetchKeys(self, fetch.Shard.Number, fetch.Transfer, fetch.Place));
        }
    }

    private void OnFetch(FetchKeys message, Outbox outbox)
    {
        if (_self is not { } self)
            return;
        if (Find(message.Shard) is not { } shard || message.Place < 0 || (message.Transfer != shard.Instance && (message.Transfer != 0 || message.Place != 0)))
        {
            outbox.Send(To(message.From), new KeyPage(self, message.Shard, 0, message.Place, 0, false, _lives, [], []));
            return;
        }
        var entries = shard.Keys.Page(message.Place, KeyPage.EntriesMax, out var next);
        var isWhole = shard.Role == KeyRole.Primary ? shard.Stage == KeyStage.Whole : shard.IsWhole && !IsPassedOn(shard, message.From);
        outbox.Send(To(message.From), new KeyPage(self, shard.Number, shard.Instance, message.Place, next, isWhole, _lives, [.. shard.Unheard], entries));
        if (next != 0 || shard.Role == KeyRole.Primary || shard.Primary != message.From)
            return;
        // Who asks again is told the same again.
        shard.IsWhole = isWhole;
        shard.PassedTo = message.From;
        if (shard.Role == KeyRole.None)
            shard.SpareFor = message.From;
    }

    /// <summary>Another has had all of it since, and may have taken in more that is not here.</summary>
    private static bool IsPassedOn(KeyShard shard, NodeLife asker) =>
        shard is not { Role: KeyRole.Backup, IsInStep: true } && shard.PassedTo is { } other && other != asker;

    private void OnPage(TimeSpan now, KeyPage message, Outbox outbox)
    {
        var fetch = _fetches.Find(
            fetch => fetch.Shard.Number == message.Shard && fetch.Source == message.From && fetch.Place == message.Place
                && (fetch.Transfer == 0 || message.Transfer == 0 || fetch.Transfer == message.Transfer));
        if (fetch is null)
            return;
        var shard = fetch.Shard;
        if (message.Transfer == 0)
        {
            EndFetch(fetch);
            if (shard.Role == KeyRole.Primary && !shard.IsSurveyed && _peers.Find(peer => peer.Life == message.From) is { } peer)
                peer.Pending |= shard.Bit;
            return;
        }
        var before = (shard.Keys.Keys, shard.Keys.Digest);
        shard.Keys.Merge(now, message.Entries);
        if (shard.IsServingAll && before != (shard.Keys.Keys, shard.Keys.Digest))
            Disagree(shard);
        (fetch.Transfer, fetch.Place, fetch.AskAgainAt) = (message.Transfer, message.Next, TimeSpan.Zero);
        if (message.Next != 0)
            return;
        EndFetch(fetch);
        if (shard.Role == KeyRole.Backup)
            OnFetchedFromPrimary(fetch, message.IsWhole && message.Unheard.Count == 0 && message.Lives == _lives, outbox);
        else if (shard.Stage != KeyStage.Whole && message.IsWhole && !shard.IsWhole)
            TakeAsWhole(now, shard, message);
    }

    /// <summary>
    /// What another says to be whole is so for the members that it knew. As long as it knows others than this node does, as in the moment in which a divided
    /// cluster finds together, it is asked again, and in the end the shard is rebuilt.
    /// </summary>
    private void TakeAsWhole(TimeSpan now, KeyShard shard, KeyPage last)
    {
        if (last.Lives == _lives)
        {
            shard.IsWhole = true;
            foreach (var life in last.Unheard)
                NoteUnheard(shard, life);
        }
        else if (now < shard.HoldUntil && !shard.IsSurveyed && _peers.Find(peer => peer.Life == last.From) is { } peer)
        {
            peer.Pending |= shard.Bit;
            peer.AskAgainAt = now + NotYetPause;
        }
    }

    private void EndFetches(KeyShard shard)
    {
        _fetches.RemoveAll(fetch => fetch.Shard == shard);
        shard.Sources.Clear();
    }

    private void EndFetch(KeyFetch fetch)
    {
        _fetches.Remove(fetch);
        fetch.Shard.Sources.Remove(fetch.Source);
    }

    /// <summary>What is fetched from nodes that are gone, or for a part that this node has no more, ends.</summary>
    private void DropFetches()
    {
        foreach (var shard in In(ulong.MaxValue))
            shard.Sources.RemoveAll(source => !IsLive(source));
        _fetches.RemoveAll(fetch => !fetch.Shard.Sources.Contains(fetch.Source));
    }
}

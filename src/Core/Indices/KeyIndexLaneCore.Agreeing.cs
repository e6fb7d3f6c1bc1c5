using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Ports;

namespace Cascade.Core.Indices;

/// <content>Primary and backup come to hold the same, and who held a shard before drops it then.</content>
public sealed partial class KeyIndexLaneCore
{
    /// <summary>Shards that backups are brought up to date with at a time.</summary>
    private const int AgreeingMax = 8;

    /// <summary>Primaries that are offered shards in one round.</summary>
    private const int OffersMax = 8;

    /// <summary>How long what nobody takes is kept. Shorter than deletions are remembered, lest they are undone.</summary>
    private static readonly TimeSpan SpareFor = TimeSpan.FromMinutes(5);

    private int _compareAt;
    private int _offerAt;

    private void AskBackups(TimeSpan now, Outbox outbox)
    {
        var asked = 0;
        foreach (var shard in In(ulong.MaxValue))
        {
            if (asked >= AgreeingMax)
                return;
            if (!shard.IsComplete || shard.Backup is null || shard.IsAgreed)
                continue;
            asked++;
            if (now < shard.DigestAgainAt)
                continue;
            shard.DigestAgainAt = now + OfferEvery;
            SendDigest(shard, outbox);
        }
    }

    /// <summary>One shard a round, in turn: what replicas should never differ in, they do not differ in for long.</summary>
    private void CompareNext(Outbox outbox)
    {
        for (var tried = 0; tried < _shards.Length; tried++)
        {
            _compareAt = (_compareAt + 1) % _shards.Length;
            if (_shards[_compareAt] is { IsComplete: true, IsAgreed: true, Backup: not null } shard)
            {
                SendDigest(shard, outbox);
                return;
            }
        }
    }

    private void SendDigest(KeyShard shard, Outbox outbox) => outbox.Send(
        To(shard.Backup!.Value), new KeysDigest(_self!.Value, shard.Number, shard.AgreeRound, shard.Keys.Keys, shard.Keys.Digest, shard.Keys.DeletionsDigest, _lives));

    private void OnDigest(KeysDigest message, Outbox outbox)
    {
        if (Find(message.Shard) is not { Role: KeyRole.Backup } shard || shard.Primary != message.From || message.Lives != _lives)
            return;
        var isNewRound = shard.AgreeRound != message.Round;
        // Each forgets deletions at its own time: once they have agreed, these may differ.
        if (shard.Keys.Keys == message.Keys && shard.Keys.Digest == message.Digest
            && (shard.Keys.DeletionsDigest == message.Deletions || (shard.IsInStep && !isNewRound)))
        {
            EndFetches(shard);
            Agree(shard, message.Round, outbox);
            shard.WasFetched = false;
            return;
        }
        if (shard.WasFetched && !isNewRound)
        {
            outbox.Send(To(message.From), new KeysOffered(_self!.Value, shard.Bit, 0));
            shard.WasFetched = false;
            return;
        }
        if (shard.Sources.Count > 0 && !isNewRound)
            return;
        // What the primary took in since an earlier page would be missed.
        EndFetches(shard);
        (shard.AgreeRound, shard.WasFetched) = (message.Round, false);
        AddSource(shard, message.From);
    }

    private void OnFetchedFromPrimary(KeyFetch fetch, bool isWhole, Outbox outbox)
    {
        fetch.Shard.WasFetched = true;
        if (isWhole)
            Agree(fetch.Shard, fetch.AgreeRound, outbox);
    }

    private void Agree(KeyShard shard, long round, Outbox outbox)
    {
        (shard.IsWhole, shard.IsInStep, shard.AgreeRound) = (true, true, round);
        shard.PassedTo = null;
        shard.Unheard.Clear();
        outbox.Send(To(shard.Primary!.Value), new KeysAgree(_self!.Value, shard.Number, round));
    }

    private void OnAgree(KeysAgree message)
    {
        if (Find(message.Shard) is { Role: KeyRole.Primary } shard && shard.Backup == message.From && shard.AgreeRound == message.Round)
            shard.IsAgreed = true;
    }

    private void OfferSpares(TimeSpan now, Outbox outbox)
    {
        var told = new List<(NodeLife Primary, ulong Held, ulong Spare)>();
        for (var tried = 0; tried < _shards.Length; tried++)
        {
            var slot = (_offerAt + tried) % _shards.Length;
            if (_shards[slot] is not { Role: KeyRole.None } shard)
                continue;
            if (now - shard.Since > SpareFor)
                _shards[slot] = null;
            if (shard.Primary is not { } primary || now - shard.Since < OfferEvery)
                continue;
            var at = told.FindIndex(offer => offer.Primary == primary);
            if (at < 0 && told.Count == OffersMax)
                continue;
            if (at < 0)
                told.Add((primary, 0, 0));
            at = at < 0 ? told.Count - 1 : at;
            var isSpare = shard.SpareFor == primary;
            told[at] = (primary, told[at].Held | (isSpare ? 0 : shard.Bit), told[at].Spare | (isSpare ? shard.Bit : 0));
        }
        _offerAt = (_offerAt + OffersMax) % _shards.Length;
        foreach (var (primary, held, spare) in told)
        {
            if (_self is { } self)
                outbox.Send(To(primary), new KeysOffered(self, held, spare));
        }
    }

    private void OnOffered(KeysOffered message, Outbox outbox)
    {
        if (!IsLive(message.From))
            return;
        foreach (var shard in In(message.Held))
        {
            if (shard.Role == KeyRole.Primary)
                AddSource(shard, message.From);
        }
        var settled = 0UL;
        foreach (var shard in In(message.Spare))
            settled |= shard.IsServingAll && (shard.Backup is null || shard.IsAgreed) ? shard.Bit : 0;
        if (settled != 0)
            outbox.Send(To(message.From), new KeysSettled(_self!.Value, settled));
    }

    private void OnSettled(KeysSettled message)
    {
        foreach (var shard in In(message.Shards))
        {
            if (shard.Role == KeyRole.None && shard.Primary == message.From)
                _shards[shard.Slot] = null;
        }
    }
}

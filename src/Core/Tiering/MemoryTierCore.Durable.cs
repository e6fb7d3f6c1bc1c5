using Cascade.Core.Clocks;
using Cascade.Core.Cold;
using Cascade.Core.Messages;
using Cascade.Core.Ports;

namespace Cascade.Core.Tiering;

/// <content>Who asks for a block and a key of it to be on disk.</content>
public sealed partial class MemoryTierCore
{
    private readonly List<DurableAsker> _askers = [];

    private void OnMakeDurable(TimeSpan now, object sender, MakeDurable message, Outbox outbox)
    {
        if (!_settings.HasColdTier)
        {
            outbox.Send(sender, new Unavailable("This node has no cold tier, so nothing can be made durable: see cascade.tiers.cold."));
            return;
        }

        if (_askers.Count >= _settings.WaitingPutsMax || message.Timeout <= TimeSpan.Zero)
        {
            AnswerBusy(sender, $"{_askers.Count} puts wait for the disk already ({_section}.waiting-puts-max)", outbox);
            return;
        }

        var asker = new DurableAsker(sender, message.Id, message.Binding, Deadline.After(now, message.Timeout));
        _askers.Add(asker);
        if (!_arena.TryFind(message.Id, out var copy) || _copies.IsLeaving(copy.Slot))
        {
            var bind = new ColdBind(message.Id, message.Binding, Durable: true, message.Timeout);
            Send(new OpenErrand(Write: null, asker, message.Binding, IsPut: false), bind, outbox);
            return;
        }

        if (_writes.TryGetValue(copy.Slot, out var write))
        {
            Join(write, asker);
            AnswerFlushed(write, outbox);
            return;
        }

        // The cold tier may have given the block up since it was flushed, so the block is asked for anew; what it has costs nothing.
        write = OpenWrite(copy);
        if (_copies.IsFlushed(copy.Slot))
            write.Assumed = [.. KeysOf(copy.Slot)];
        Join(write, asker);
        BeginRound(now, write, outbox);
    }

    private static void Join(CopyWrite write, DurableAsker asker)
    {
        asker.Write = write;
        write.Askers.Add(asker);
        write.MustStore = true;
    }

    private void AnswerFlushed(CopyWrite write, Outbox outbox)
    {
        for (var at = 0; write.IsStored && at < write.Askers.Count;)
        {
            var asker = write.Askers[at];
            if (write.IsKnownFlushed(asker.Binding))
                Answer(asker, new MadeDurable(asker.Id), outbox);
            else
                at++;
        }
    }

    /// <summary>The cold tier's word on a block that is not in memory.</summary>
    private void OnBindAnswered(DurableAsker asker, object reply, Outbox outbox) => Answer(
        asker,
        reply switch
        {
            ColdStored { Durable: true } => new MadeDurable(asker.Id),
            NotFound or Busy or Refused or Unavailable => reply,
            _ => new Busy("The key could not be flushed by the cold tier."),
        },
        outbox);

    private void ExpireAskers(TimeSpan now, Outbox outbox)
    {
        for (var at = _askers.Count - 1; at >= 0; at--)
        {
            if (_askers[at] is { } asker && asker.Deadline <= now)
                Answer(asker, new Busy(WhyLate(asker.Write?.Setback)), outbox);
        }
    }

    private static string WhyLate(object? setback) =>
        "The block and its key were not on disk in time and may still become durable: "
        + (setback is Busy busy ? busy.Reason : "the cold tier is slower than what it is asked.");

    private void Answer(DurableAsker asker, object answer, Outbox outbox)
    {
        // Its time may have been over before the cold tier's word came.
        if (asker.IsAnswered)
            return;
        asker.IsAnswered = true;
        _askers.Remove(asker);
        asker.Write?.Askers.Remove(asker);
        _busy += answer is Busy ? 1 : 0;
        outbox.Send(asker.Sender, answer);
    }
}

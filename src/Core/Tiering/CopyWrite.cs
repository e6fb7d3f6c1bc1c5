using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Core.Tiering;

/// <summary>
/// A copy on its way to the cold tier, with all keys that name it: rounds of requests, each for what is not flushed yet. The copy
/// stays where it is for as long as a request of it is open.
/// </summary>
internal sealed class CopyWrite(CopyLocation copy, BlockId id)
{
    public CopyLocation Copy { get; } = copy;

    public BlockId Id { get; } = id;

    public PayloadMemory Memory => new(Copy.OffsetBytes, Copy.LengthBytes);

    /// <summary>The copy is to be given up once it is written.</summary>
    public bool IsToGo { get; set; }

    /// <summary>Its owner said that it is the last copy.</summary>
    public bool IsDemotion { get; set; }

    /// <summary>The block is to be stored whether it is worth that or not.</summary>
    public bool MustStore { get; set; }

    /// <summary>Whether the latest request to store the block said so.</summary>
    public bool WasPutDurable { get; set; }

    /// <summary>The block is on disk and flushed.</summary>
    public bool IsStored { get; set; }

    /// <summary>It is over: the slot may hold something else by now.</summary>
    public bool IsOver { get; set; }

    /// <summary>It had to be left alone for a pause, until then.</summary>
    public TimeSpan? RetryAt { get; set; }

    /// <summary>The worst answer of the round; null while all went well.</summary>
    public object? Setback { get; private set; }

    /// <summary>Requests of the round that are not answered in full.</summary>
    public int Open { get; set; }

    /// <summary>Keys of the round that were not sent yet.</summary>
    public Queue<KeyBinding> Due { get; } = new();

    /// <summary>Keys that the cold tier flushed, or had flushed, as it answered this write.</summary>
    public HashSet<KeyBinding> Flushed { get; } = [];

    /// <summary>Keys that were flushed before: they need not be asked for again. Null for none.</summary>
    public HashSet<KeyBinding>? Assumed { get; set; }

    /// <summary>Who waits to hear that the block and a key of it are flushed.</summary>
    public List<DurableAsker> Askers { get; } = [];

    public bool IsKnownFlushed(in KeyBinding binding) => binding.Key.IsZero || Flushed.Contains(binding);

    public void BeginRound()
    {
        RetryAt = null;
        Setback = null;
        Due.Clear();
    }

    /// <summary>Takes a bad answer down, unless there was a worse one, and sends no more in this round.</summary>
    public void SetBack(object answer)
    {
        if (Setback is null || Gravity(answer) > Gravity(Setback))
            Setback = answer;
        Due.Clear();
    }

    private static int Gravity(object answer) => answer switch
    {
        Messages.Refused or Messages.Unavailable => 2,
        NotAdmitted => 1,
        _ => 0,
    };
}

/// <summary>One request to the cold tier and what of its answers is still to come.</summary>
/// <param name="Write">The write that it is of; null when it is asked for a block that is not here.</param>
/// <param name="Asker">Who wants it, when there is no write.</param>
/// <param name="Binding">The key in it.</param>
/// <param name="IsPut">True when memory was lent with it, whose release is the second answer.</param>
internal sealed record OpenErrand(CopyWrite? Write, DurableAsker? Asker, KeyBinding Binding, bool IsPut)
{
    public object? Reply { get; private set; }

    public MemoryReleased? Released { get; private set; }

    public bool IsAnswered => Reply is not null && (!IsPut || Released is not null);

    /// <summary>Takes an answer; each kind counts once.</summary>
    public void Take(object answer)
    {
        if (answer is MemoryReleased released)
            Released ??= released;
        else
            Reply ??= answer;
    }
}

/// <summary>Who asked for a block and a key of it to be made durable.</summary>
internal sealed class DurableAsker(object sender, BlockId id, KeyBinding binding, TimeSpan deadline)
{
    public object Sender { get; } = sender;

    public BlockId Id { get; } = id;

    public KeyBinding Binding { get; } = binding;

    public TimeSpan Deadline { get; } = deadline;

    /// <summary>The write that is to do it; null when the block is not in memory.</summary>
    public CopyWrite? Write { get; set; }

    public bool IsAnswered { get; set; }
}

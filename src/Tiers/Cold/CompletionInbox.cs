using System.Collections.Concurrent;
using Cascade.Actors;
using Cascade.Core.Cold;

namespace Cascade.Tiers.Cold;

/// <summary>
/// Where a device's completions wait for the tier's actor, beside its mailbox: none is lost when that is full. Bounded by the requests in
/// flight, each of which is answered once.
/// </summary>
/// <remarks>Thread-safe. One wake-up waits in the mailbox at a time; the actor looks into the inbox with every other message too.</remarks>
public sealed class CompletionInbox
{
    private readonly ConcurrentQueue<(DeviceCompletion Completion, string? Reason)> _completions = new();
    private IActorRef? _actor;
    private int _isWakeSent;

    /// <summary>Takes a completion in; what <see cref="ColdDeviceHooks.OnCompletion"/> is to call.</summary>
    /// <param name="completion">The completion.</param>
    /// <param name="reason">In words why it did not go well; null when it did, or nobody knows.</param>
    public void Add(DeviceCompletion completion, string? reason = null)
    {
        _completions.Enqueue((completion, reason));
        if (Interlocked.Exchange(ref _isWakeSent, 1) == 0)
            Volatile.Read(ref _actor)?.Tell(CompletionsWait.Instance, null);
    }

    /// <summary>Says who is to be woken; before the first request is submitted.</summary>
    internal void Wake(IActorRef actor) => Volatile.Write(ref _actor, actor);

    /// <summary>The next <see cref="Add"/> wakes the actor again, so it is to take out all that is here now.</summary>
    internal void BeginTaking() => Interlocked.Exchange(ref _isWakeSent, 0);

    internal bool TryTake(out DeviceCompletion completion, out string? reason)
    {
        var found = _completions.TryDequeue(out var next);
        (completion, reason) = next;
        return found;
    }

    /// <summary>To the actor: look into the inbox.</summary>
    internal sealed class CompletionsWait
    {
        public static readonly CompletionsWait Instance = new();
    }
}

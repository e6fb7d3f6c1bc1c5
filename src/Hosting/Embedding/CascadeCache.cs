using Cascade.Actors;
using Cascade.Actors.Remoting;
using Cascade.Core.Clocks;
using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;

namespace Cascade.Hosting;

/// <summary>The embedding interface of one node: bytes by its arena, everything else by asking actors.</summary>
internal sealed partial class CascadeCache(CacheContext node) : ICascade
{
    /// <summary>A wait that is longer is a mistake, and far below where clocks and timers overflow.</summary>
    private static readonly TimeSpan DeadlineMax = TimeSpan.FromDays(1);

    /// <summary>How long to wait before asking again who is in charge; doubles up to the longest.</summary>
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(2);

    private static readonly TimeSpan PauseMax = TimeSpan.FromMilliseconds(64);

    private readonly CacheContext _node = node;
    private volatile bool _stopping;
    private int _callsUnderWay;

    /// <summary>Calls that may touch the arena or wait for an actor.</summary>
    public int CallsUnderWay => Volatile.Read(ref _callsUnderWay);

    /// <summary>Refuses calls from now on: the node is about to let go of its memory.</summary>
    public void Stop() => _stopping = true;

    private void ThrowIfStopping()
    {
        if (_stopping)
            throw new CascadeUnavailableException("The node is stopping and takes no more calls.");
    }

    /// <exception cref="ArgumentOutOfRangeException">The deadline is negative or longer than a day.</exception>
    private static TimeSpan DeadlineOf(TimeSpan? given, TimeSpan otherwise)
    {
        if (given is { } deadline && (deadline < TimeSpan.Zero || deadline > DeadlineMax))
            throw new ArgumentOutOfRangeException(nameof(given), deadline, $"A deadline is 0 to {DeadlineMax.TotalHours} hours.");
        return given ?? otherwise;
    }

    private KeyBinding BindingOf(in CacheKey key) =>
        new(key.Digest, key.Parent, key.Depth, _node.Clock.Next(_node.Time.GetUtcNow().ToUnixTimeMilliseconds()));

    /// <summary>
    /// Binds a key to a block that is here. A later binding or a deletion that came first keeps its right: the tiers let the key go again.
    /// So does the index when the block left every tier before it knew the key.
    /// </summary>
    private static async ValueTask<object> BindAsync(CacheContext node, KeyBinding binding, BlockId id)
    {
        var reply = await AskAsync(node, node.Actors.KeyIndex, new Bind(binding, id), node.Defaults.AskTimeout, CancellationToken.None);
        if (reply is not Bound bound)
            return reply;
        if (!bound.Applied)
            await ReleaseKeyAsync(node, binding.Key, id, binding.Stamp, CancellationToken.None);
        else if (!node.Inventory.Holds(id))
            node.Actors.KeyIndex.Tell(new Forget(binding.Key, id, binding.Stamp));
        return reply;
    }

    /// <summary>
    /// Takes a key's name off a block in all tiers, as of a stamp. Memory first: what it wrote to the cold tier under the key is then on
    /// its way there before the deletion.
    /// </summary>
    /// <returns>The cold tier's answer; null where there is none.</returns>
    private static async ValueTask<object?> ReleaseKeyAsync(
        CacheContext node, KeyDigest key, BlockId id, HybridTimestamp stamp, CancellationToken cancellationToken)
    {
        var timeout = node.Defaults.AskTimeout;
        if (!id.IsZero)
            await AskAsync(node, node.Actors.Memory, new ReleaseKey(key, id, stamp), timeout, cancellationToken);
        return node.Actors.Cold is { } cold
            ? await AskAsync(node, cold, new ColdUnbind(key, stamp, Durable: true, timeout), timeout, cancellationToken)
            : null;
    }

    /// <summary>
    /// Asks, again and again while the cluster finds out who is in charge, and turns what can go wrong with an Ask into the one error that callers know. For
    /// messages that may be repeated.
    /// </summary>
    private static async Task<object> AskAsync(
        CacheContext node, IActorRef actor, object message, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var started = node.Time.GetTimestamp();
        for (var pause = PauseMin; ; pause = pause * 2 < PauseMax ? pause * 2 : PauseMax)
        {
            var left = timeout - node.Time.GetElapsedTime(started);
            try
            {
                var reply = await actor.Ask<object>(message, left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken);
                if (reply is not Moved)
                    return reply;
                if (left <= pause)
                    throw new CascadeUnavailableException($"Nobody in the cluster was in charge of the {message.GetType().Name} within {timeout}: is it taking in or losing nodes?");
            }
            catch (PeerUnreachableException e)
            {
                // A node was lost; its part is taken over as soon as the others know.
                if (left <= pause)
                    throw Unavailable(actor, message, e);
            }
            catch (Exception e) when (e is AskTimeoutException or MailboxFullException or DeadLetterException)
            {
                throw Unavailable(actor, message, e);
            }

            await Task.Delay(pause, node.Time, cancellationToken);
        }
    }

    private static CascadeUnavailableException Unavailable(IActorRef actor, object message, Exception cause) =>
        new($"{message.GetType().Name} to {actor.Path} got no answer: {cause.Message}", cause);

    private static InvalidOperationException Unexpected(object reply, object message) =>
        new($"A {message.GetType().Name} was answered by {reply.GetType().Name}, which it never should be.");
}

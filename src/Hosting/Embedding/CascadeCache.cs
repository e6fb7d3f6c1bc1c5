using Cascade.Actors;
using Cascade.Actors.Remoting;
using Cascade.Actors.Shells;
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

    /// <summary>How long one answer is waited for before the question is put again: twice what any takes that waits for others.</summary>
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(2);

    /// <summary>How long a block has to be known to nobody before its key is forgotten: a node that has just come back tells of its copies within it.</summary>
    private static readonly TimeSpan ForgetAfter = TimeSpan.FromSeconds(2);

    /// <summary>Keys that wait to be forgotten; a further one is left to its next reader.</summary>
    private const int ForgettingMax = 256;

    private readonly CacheContext _node = node;
    private volatile bool _stopping;
    private int _callsUnderWay;

    /// <summary>Calls that may touch the arena or wait for an actor.</summary>
    public int CallsUnderWay => Volatile.Read(ref _callsUnderWay);

    /// <summary>Where blocks of other nodes were found lately.</summary>
    internal KnownCopies Known => _node.Known;

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
    /// Binds a key to a block that is in the cluster. A later binding to another block or a deletion that came first keeps its right: the tiers let the key go again.
    /// So does the index when the block left every tier before it knew the key.
    /// </summary>
    /// <remarks>
    /// What is begun is brought to its end, also when the caller's time is over first: a later binding or a deletion may have come before it, and then no tier may
    /// keep the key.
    /// </remarks>
    /// <exception cref="CascadeUnavailableException">There was no answer within the time left: the key may be bound, now or a little later.</exception>
    private static async ValueTask<object> BindAsync(CacheContext node, KeyBinding binding, BlockId id, TimeSpan left)
    {
        var bind = BindToTheEndAsync(node, binding, id);
        try
        {
            return await bind.WaitAsync(left, node.Time, CancellationToken.None);
        }
        catch (TimeoutException e)
        {
            throw new CascadeUnavailableException("The key index did not answer in time: the key may be bound, now or a little later.", e);
        }
    }

    private static async Task<object> BindToTheEndAsync(CacheContext node, KeyBinding binding, BlockId id)
    {
        var reply = await AskAsync(node, node.Actors.KeyIndex, new Bind(binding, id), node.Defaults.AskTimeout, CancellationToken.None);
        if (reply is not Bound bound)
            return reply;
        if (!bound.Applied && bound.Id != id)
            await ReleaseKeyAsync(node, binding.Key, id, binding.Stamp, new CallTime(node.Time, node.Defaults.AskTimeout), CancellationToken.None);
        else if (!node.Inventory.Holds(id) && await CopiesOfAsync(node, id, node.Defaults.AskTimeout, CancellationToken.None) is [])
            ForgetLater(node, binding, id);
        return reply;
    }

    /// <summary>
    /// Has a key forgotten whose block is nowhere, unless it is found after all: between a grant to evict and its withdrawal, and while a node comes back, the owner
    /// does not know a copy that is there.
    /// </summary>
    private static void ForgetLater(CacheContext node, KeyBinding binding, BlockId id)
    {
        if (Interlocked.Increment(ref node.Forgetting.Value) > ForgettingMax)
            Interlocked.Decrement(ref node.Forgetting.Value);
        else
            _ = ForgetAsync(node, binding, id);
    }

    private static async Task ForgetAsync(CacheContext node, KeyBinding binding, BlockId id)
    {
        try
        {
            await Task.Delay(ForgetAfter, node.Time, CancellationToken.None);
            if (!node.Inventory.Holds(id) && await CopiesOfAsync(node, id, node.Defaults.AskTimeout, CancellationToken.None) is [])
                node.Actors.KeyIndex.Tell(new Forget(binding.Key, id, binding.Stamp));
        }
        catch (CascadeUnavailableException)
        {
            // The node ends, or the cluster is busy with itself: the next reader sees to it.
        }
        finally
        {
            Interlocked.Decrement(ref node.Forgetting.Value);
        }
    }

    /// <summary>The copies that the block's owner knows.</summary>
    private static async ValueTask<IReadOnlyList<CopyLocation>> CopiesOfAsync(
        CacheContext node, BlockId id, TimeSpan timeout, CancellationToken cancellationToken) =>
        await AskAsync(node, node.Actors.Owners, new Describe(id), timeout, cancellationToken) is BlockDescription block ? block.Copies : [];

    /// <summary>
    /// Takes a key's name off a block in all tiers of all nodes that hold it, as of a stamp, nearest first: what one wrote to the next under the key is then on its way
    /// there before the deletion, or is taken back when the index does not agree.
    /// </summary>
    /// <returns>What a cold tier answered: a failure before a success; null where there is none.</returns>
    private static async ValueTask<object?> ReleaseKeyAsync(
        CacheContext node, KeyDigest key, BlockId id, HybridTimestamp stamp, CallTime time, CancellationToken cancellationToken)
    {
        object? answer = null;
        var known = id.IsZero ? [] : await CopiesOfAsync(node, id, time.Left, cancellationToken);
        foreach (var copies in known.Where(copy => copy.Node != node.Self).GroupBy(static copy => copy.Node))
        {
            var gpu = copies.Any(static copy => copy.Tier == TierKind.Gpu) ? node.Nodes.Of(copies.Key, NodePaths.GpuTier) : null;
            var memory = node.Nodes.Of(copies.Key, NodePaths.MemoryTier);
            var cold = copies.Any(static copy => copy.Tier == TierKind.Cold) ? node.Nodes.Of(copies.Key, NodePaths.ColdTier) : null;
            try
            {
                var released = await ReleaseKeyAtAsync(node, gpu, memory, cold, key, id, stamp, time, cancellationToken);
                answer = answer is null or ColdRemoved ? released ?? answer : answer;
            }
            catch (CascadeUnavailableException) when (node.Nodes.View.Current.Members.Find(copies.Key) is null)
            {
                // It left meanwhile, and took its copies along.
            }
        }

        var own = await ReleaseKeyAtAsync(node, node.Gpu?.Tier, node.Actors.Memory, node.Actors.Cold, key, id, stamp, time, cancellationToken);
        return answer is null or ColdRemoved { Found: false } || own is not ColdRemoved ? own ?? answer : answer;
    }

    private static async ValueTask<object?> ReleaseKeyAtAsync(
        CacheContext node, IActorRef? gpu, IActorRef? memory, IActorRef? cold, KeyDigest key, BlockId id, HybridTimestamp stamp, CallTime time, CancellationToken cancellationToken)
    {
        if (!id.IsZero && gpu is not null)
            await AskAsync(node, gpu, new ReleaseKey(key, id, stamp), time.Left, cancellationToken);
        if (!id.IsZero && memory is not null)
            await AskAsync(node, memory, new ReleaseKey(key, id, stamp), time.Left, cancellationToken);
        if (cold is null)
            return null;
        var left = time.Left;
        return await AskAsync(node, cold, new ColdUnbind(key, stamp, Durable: true, left), left, cancellationToken);
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
                var patience = left < AskPatience ? left : AskPatience;
                var reply = await actor.Ask<object>(message, patience > TimeSpan.Zero ? patience : TimeSpan.Zero, cancellationToken);
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
            catch (AskTimeoutException e)
            {
                // The answer may have been lost with a node on its way.
                if (left <= AskPatience + pause)
                    throw Unavailable(actor, message, e);
            }
            catch (Exception e) when (e is MailboxFullException or DeadLetterException)
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

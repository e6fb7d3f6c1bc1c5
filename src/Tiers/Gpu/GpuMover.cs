using System.Collections.Concurrent;
using Cascade.Actors;
using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Tiers.Remote;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Gpu;

/// <summary>
/// Brings blocks up into device memory and down from it into the node's shared memory, whose tiers tell their owners. Thread-safe. Its tasks do not fail, and wait without a thread.
/// </summary>
/// <param name="pool">The device memory.</param>
/// <param name="tier">Its tier.</param>
/// <param name="space">Room in shared memory.</param>
/// <param name="directory">What is in shared memory.</param>
/// <param name="keyIndex">Says whether a key still names its block.</param>
/// <param name="time">The clock of deadlines.</param>
public sealed class GpuMover(GpuPool pool, IActorRef tier, ArenaPullSpace space, ShmDirectory directory, IActorRef keyIndex, TimeProvider time)
{
    /// <summary>Blocks on their way at a time: each may hold a lease, room, and a place among the copies.</summary>
    private const int OpenMax = 256;

    /// <summary>A copy that was made is published even when the deadline has just passed: all of its cost is paid.</summary>
    private static readonly TimeSpan PublishTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The lease outlives what is done under it, also behind many large copies.</summary>
    private static readonly TimeSpan LeaseSlack = TimeSpan.FromMinutes(10);

    private readonly ArenaPullSpace _up = new(tier, reservation => pool.AddressOf(reservation), pool, time);
    private readonly ConcurrentDictionary<BlockId, Task<object>> _rising = new();
    private int _open;

    /// <summary>
    /// Brings a block up; who asks for one that is on its way waits for that. Both the source and its bytes stay until the task ends, and longer when the device fails to say that it has done with them.
    /// </summary>
    /// <param name="id">The block.</param>
    /// <param name="binding">A key that names it.</param>
    /// <param name="source">Address of the first byte.</param>
    /// <param name="lengthBytes">Its length.</param>
    /// <param name="fromDevice">True when that is in device memory, of whichever device; false for host memory.</param>
    /// <param name="isHeld">Asked when the bytes were copied: whether the source stayed what it was.</param>
    /// <param name="roomWithin">How long room may be waited for; zero takes what is free, and has more come free for the next.</param>
    /// <param name="timeout">How long all may take, but for the copy.</param>
    /// <returns><see cref="Published"/>; <see cref="Busy"/> without room in time; <see cref="Refused"/> when there never is; <see cref="Unavailable"/> when the device fails.</returns>
    public async Task<object> BringUpAsync(
        BlockId id, KeyBinding binding, nint source, long lengthBytes, bool fromDevice, Func<bool> isHeld, TimeSpan roomWithin, TimeSpan timeout)
    {
        var limit = new TimeLimit(time, timeout);
        for (var mine = new TaskCompletionSource<object>(TaskCreationOptions.RunContinuationsAsynchronously); ;)
        {
            var first = _rising.GetOrAdd(id, mine.Task);
            if (first == mine.Task)
            {
                var answer = await BoundedAsync(bound => TryBringUpAsync(id, binding, source, lengthBytes, fromDevice, isHeld, roomWithin, bound), limit.Left);
                _rising.TryRemove(id, out _);
                mine.SetResult(answer);
                return answer;
            }

            try
            {
                // What the other one failed for, such as a nearer deadline, need not hold for this one.
                if (await limit.WaitAsync(first, CancellationToken.None) is Published published)
                    return published;
            }
            catch (TimeoutException)
            {
                return new Busy($"The block was not brought to device memory within {timeout}.");
            }
        }
    }

    /// <summary>Brings a block down.</summary>
    /// <param name="id">The block.</param>
    /// <param name="binding">A key that names it; default for none.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <returns><see cref="Published"/>; <see cref="NotFound"/> when it is on no device any more; <see cref="Busy"/> or <see cref="Unavailable"/>.</returns>
    public Task<object> BringDownAsync(BlockId id, KeyBinding binding, TimeSpan timeout) =>
        BoundedAsync(limit => TryBringDownAsync(id, binding, limit), timeout);

    /// <summary>Lets a further key name a block that was brought down, unless it names another one by now.</summary>
    /// <returns><see cref="ColdStored"/>; <see cref="NotFound"/> when the block is not in shared memory; <see cref="Busy"/>.</returns>
    public async Task<object> BindAsync(BlockId id, KeyBinding binding, TimeSpan timeout)
    {
        var limit = new TimeLimit(time, timeout);
        try
        {
            if (await space.Memory.Ask<AliasBound>(new BindAlias(id, binding), limit.Left, CancellationToken.None) is not { IsHeld: true })
                return NotFound.Instance;
            var isNamed = false;
            try
            {
                isNamed = await keyIndex.Ask<object>(new Bind(binding, id), limit.Left, CancellationToken.None) is Bound bound && (bound.Applied || bound.Id == id);
            }
            finally
            {
                // Deleted, bound to another block, or not known: no tier may keep a name on which the index has not agreed.
                if (!isNamed)
                    space.Memory.Tell(new ReleaseKey(binding.Key, id, binding.Stamp), ActorRefs.NoSender);
            }

            return new ColdStored(Durable: true);
        }
        catch (Exception failure)
        {
            return new Busy($"The key was not bound in time: {failure.Message}");
        }
    }

    private async Task<object> BoundedAsync(Func<TimeLimit, Task<object>> move, TimeSpan timeout)
    {
        try
        {
            if (Interlocked.Increment(ref _open) > OpenMax)
                return new Busy($"{OpenMax} blocks are on their way to or from device memory already.");
            return await move(new TimeLimit(time, timeout));
        }
        catch (TimeoutException)
        {
            return new Busy($"The block was not brought to or from device memory within {timeout}.");
        }
        catch (Exception failure)
        {
            // The promise of an answer holds even for a defect: others wait for the block's place.
            return new Unavailable(failure.Message);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private async Task<object> TryBringUpAsync(BlockId id, KeyBinding binding, nint source, long lengthBytes, bool fromDevice, Func<bool> isHeld, TimeSpan roomWithin, TimeLimit limit)
    {
        // Who looked before the copy came and asks after whoever brought it is done.
        if (pool.TryDescribe(id, out var there))
            return new Published(there);
        var answer = await _up.TakeAsync(lengthBytes, roomWithin < limit.Left ? roomWithin : limit.Left, limit.Left, RoomUse.Store, CancellationToken.None);
        if (answer is not ArenaPulledRoom room)
            return answer;
        var slab = pool.Slabs.First(slab => slab.Holds(room.Address));
        var kind = fromDevice ? GpuCopyKind.OnDevice : GpuCopyKind.ToDevice;
        if (await CopyAsync(slab, new GpuCopy(kind, source, room.Address, lengthBytes), room) is { } failed)
            return failed;
        if (!isHeld())
        {
            room.GiveBack();
            return new Busy("The block was given up where it was read.");
        }

        return await PublishAsync(tier, new Publish(room.HandOver(), id, binding, Announce: true));
    }

    private async Task<object> TryBringDownAsync(BlockId id, KeyBinding binding, TimeLimit limit)
    {
        if (directory.TryDescribe(id, out var here))
        {
            if (!binding.Key.IsZero)
                await BindAsync(id, binding, limit.Left);
            return new Published(here);
        }

        switch (pool.Lease(id, limit.Left + LeaseSlack, out var lease))
        {
            case LeaseOutcome.Missing:
                return NotFound.Instance;
            case LeaseOutcome.TooManyLeases:
                return new Busy("All leases on device memory are in use (cascade.leases.max).");
        }

        using (lease)
        {
            if (await space.TakeAsync(lease.LengthBytes, limit.Left, RoomUse.Store, CancellationToken.None) is not ArenaPulledRoom room)
                return new Busy("There was no room in shared memory in time.");
            if (await CopyAsync(pool.On(lease.Device)!, new GpuCopy(GpuCopyKind.ToHost, lease.DevicePointer, room.Address, lease.LengthBytes), room) is { } failed)
                return failed;
            if (!lease.IsHeld)
            {
                room.GiveBack();
                return NotFound.Instance;
            }

            var published = await PublishAsync(space.Memory, new Publish(room.HandOver(), id, binding, Announce: true));

            // Nobody waits for it who would look whether the key was deleted meanwhile.
            if (published is Published && !binding.Key.IsZero)
                await BindAsync(id, binding, limit.Left);
            return published;
        }
    }

    /// <summary>Null when all bytes are in the room; otherwise the room is given back, unless the device may still store to it.</summary>
    private static async Task<object?> CopyAsync(GpuSlab slab, GpuCopy copy, ArenaPulledRoom room)
    {
        var result = await slab.CopyAsync(copy);
        if (result is { Succeeded: true })
            return null;
        if (result is { MayStillMove: true })
            room.HandOver();
        else
            room.GiveBack();
        return result?.Failure is { } failure ? new Unavailable(failure.Message) : new Busy("As many copies are under way as the device takes.");
    }

    private static async Task<object> PublishAsync(IActorRef to, Publish publish)
    {
        try
        {
            return await to.Ask<object>(publish, PublishTimeout, CancellationToken.None);
        }
        catch (MailboxFullException e)
        {
            // The tier never got it: the room is still taken.
            to.Tell(new Cancel(publish.Reservation), ActorRefs.NoSender);
            return new Busy(e.Message);
        }
    }
}

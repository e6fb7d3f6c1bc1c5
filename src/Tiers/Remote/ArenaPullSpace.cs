using Cascade.Actors;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Remote;

/// <summary>Room in this node's arena, set aside by its memory tier. Thread-safe.</summary>
/// <param name="memory">The memory tier's actor.</param>
/// <param name="addressOf">Where room lies.</param>
/// <param name="arena">What keeps it there.</param>
/// <param name="time">The clock of deadlines.</param>
public sealed class ArenaPullSpace(IActorRef memory, Func<Reservation, nint> addressOf, object arena, TimeProvider time) : IPullSpace
{
    // Puts number their requests upwards from zero.
    private long _lastTicket;

    /// <summary>Room in shared memory.</summary>
    /// <param name="memory">The memory tier's actor.</param>
    /// <param name="arena">Its arena.</param>
    /// <param name="time">The clock of deadlines.</param>
    public ArenaPullSpace(IActorRef memory, ShmArena arena, TimeProvider time)
        : this(memory, reservation => arena.PayloadAddress + (nint)reservation.OffsetBytes, arena, time)
    {
    }

    internal IActorRef Memory => memory;

    /// <inheritdoc/>
    public Task<object> TakeAsync(long lengthBytes, TimeSpan timeout, RoomUse use, CancellationToken cancellation) =>
        TakeAsync(lengthBytes, timeout, timeout, use, cancellation);

    /// <summary>The same, with less time for room to come free than for the answer: zero takes what is free.</summary>
    internal async Task<object> TakeAsync(long lengthBytes, TimeSpan roomWithin, TimeSpan timeout, RoomUse use, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var ticket = Interlocked.Decrement(ref _lastTicket);
        Task<object>? asked = null;
        try
        {
            // The tier always answers by the deadline in the message; who leaves earlier must not leave room behind that is granted after that.
            asked = memory.Ask<object>(new Reserve(lengthBytes, roomWithin, ticket, use), Timeout.InfiniteTimeSpan, CancellationToken.None);
            var answer = await asked.WaitAsync(timeout, time, cancellation);
            return answer is Reserved reserved ? RoomOf(reserved) : answer;
        }
        catch (Exception e) when (asked is not null && e is OperationCanceledException or TimeoutException)
        {
            _ = GiveBackLateAsync(asked);
            memory.Tell(new Withdraw(ticket), ActorRefs.NoSender);
            if (e is OperationCanceledException)
                throw;
            return new Busy($"No room for {lengthBytes} bytes came free in time.");
        }
        catch (MailboxFullException e)
        {
            return new Busy(e.Message);
        }
        catch (DeadLetterException e)
        {
            return new Unavailable(e.Message);
        }
    }

    private ArenaPulledRoom RoomOf(Reserved reserved) => new(memory, addressOf(reserved.Reservation), arena, reserved.Reservation);

    private async Task GiveBackLateAsync(Task<object> asked)
    {
        try
        {
            if (await asked is Reserved late)
                RoomOf(late).GiveBack();
        }
        catch (Exception)
        {
            // Nothing was granted.
        }
    }
}

/// <summary>Room in the arena.</summary>
internal sealed class ArenaPulledRoom(IActorRef memory, nint address, object arena, Reservation reservation)
    : PulledRoom(address, arena)
{
    /// <summary>Hands the room over to who publishes it.</summary>
    public Reservation HandOver()
    {
        if (!TryTake())
            throw new InvalidOperationException("The room was given back already.");
        return reservation;
    }

    private protected override void Free() => memory.Tell(new Cancel(reservation), ActorRefs.NoSender);
}

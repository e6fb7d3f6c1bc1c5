using Cascade.Core.Messages;

namespace Cascade.Tiers.Remote;

/// <summary>Memory of this process that a block of another node is pulled into. Thread-safe.</summary>
public abstract class PulledRoom
{
    private int _isGivenBack;

    /// <summary>Takes memory.</summary>
    /// <param name="address">Its first byte.</param>
    /// <param name="owner">What keeps it mapped.</param>
    private protected PulledRoom(nint address, object owner) => (Address, Owner) = (address, owner);

    internal nint Address { get; }

    internal object Owner { get; }

    /// <summary>Gives the room back; repeating it does nothing. Nobody stores to it any more.</summary>
    internal void GiveBack()
    {
        if (TryTake())
            Free();
    }

    /// <summary>As <see cref="GiveBack"/>, of room that somebody may still read: it stays mapped.</summary>
    internal virtual void Abandon() => GiveBack();

    /// <summary>True for the one who is to see to what becomes of the room.</summary>
    private protected bool TryTake() => Interlocked.Exchange(ref _isGivenBack, 1) == 0;

    private protected abstract void Free();
}

/// <summary>Where rooms for pulled blocks come from. Thread-safe.</summary>
public interface IPullSpace
{
    /// <summary>
    /// Gives a <see cref="PulledRoom"/> of so many bytes, or says why not: <see cref="Busy"/>, <see cref="Refused"/> or
    /// <see cref="Unavailable"/>, within the time given.
    /// </summary>
    /// <param name="lengthBytes">Bytes wanted: more than 0.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="use">What it is for, where something may have to be given up for it.</param>
    /// <param name="cancellation">Ends the wait; no room is left taken then.</param>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    Task<object> TakeAsync(long lengthBytes, TimeSpan timeout, RoomUse use, CancellationToken cancellation);
}

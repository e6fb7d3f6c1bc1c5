using System.Buffers;

namespace Cascade.Actors.Remoting;

/// <summary>Turns messages into bytes and back by an explicit table: what is not in the table is neither sent nor made.</summary>
/// <remarks>
/// Called from many threads at a time, and with a lock held while writing: it must be quick, keep no state and call nothing of the
/// engine. What it throws counts as "not in the table".
/// </remarks>
public interface IMessageCodec
{
    /// <summary>The first type number that the engine keeps for itself; a codec uses smaller ones.</summary>
    const uint ReservedFrom = 0xFFFF_FF00;

    /// <summary>Writes a message's bytes; false, with nothing of it used, when the table has no such message.</summary>
    /// <param name="message">What to send.</param>
    /// <param name="to">Takes the bytes; throws when the frame limit is passed, which the codec lets through.</param>
    /// <param name="type">The message's number in the table, below <see cref="ReservedFrom"/>.</param>
    bool TryWrite(object message, IBufferWriter<byte> to, out uint type);

    /// <summary>Makes a message of bytes that a peer sent and that may be anything; false when they are no message of that type.</summary>
    /// <param name="type">The number that came with it.</param>
    /// <param name="from">Its bytes; valid during the call alone.</param>
    /// <param name="refs">Makes refs of paths, for messages that carry such.</param>
    /// <param name="message">What was read.</param>
    bool TryRead(uint type, ReadOnlySpan<byte> from, IRefReader refs, out object? message);
}

/// <summary>Makes refs of what a message says of them.</summary>
public interface IRefReader
{
    /// <summary>The ref for a full path, <c>cascade://system@host:port/user/name</c>; null when the text is none.</summary>
    IActorRef? Read(string path);
}

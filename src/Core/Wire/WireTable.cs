using System.Buffers;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Cascade.Core.Wire;

/// <summary>
/// The messages that nodes may send each other, each with its number, and nothing else: no type is named on the wire, so that nothing can be made from it but
/// these. Their form is that of the schemas beside this file (Protocol Buffers, proto3).
/// </summary>
/// <remarks>
/// What is written can be read: values out of their ranges are refused on both sides. Fields that a newer version adds are skipped. A field that comes more
/// often than it may counts as it came last. All members are thread-safe.
/// </remarks>
public static class WireTable
{
    private static readonly FrozenDictionary<Type, WireCodec> ByType = All().ToFrozenDictionary(static codec => codec.Type);
    private static readonly WireCodec?[] ByNumber = Numbered();

    /// <summary>The messages there are, by their numbers.</summary>
    public static IReadOnlyDictionary<uint, Type> Types { get; } = All().ToFrozenDictionary(static codec => codec.Number, static codec => codec.Type);

    /// <summary>Writes a message. Allocates nothing but what <paramref name="destination"/> does.</summary>
    /// <param name="message">The message.</param>
    /// <param name="destination">Takes the bytes: <see cref="WireLimits.MessageBytesMax"/> at most, none when the answer is false.</param>
    /// <param name="type">The message's number; <see cref="WireNumbers.None"/> when the answer is false.</param>
    /// <returns>False when the message has no wire form, or is beyond what a receiver would take.</returns>
    public static bool TryWrite(object message, IBufferWriter<byte> destination, out uint type) => TryWrite(message, destination, out type, out _);

    /// <summary>Writes a message. Allocates nothing but what <paramref name="destination"/> does, and the reason.</summary>
    /// <param name="message">The message.</param>
    /// <param name="destination">Takes the bytes: <see cref="WireLimits.MessageBytesMax"/> at most, none when the answer is false.</param>
    /// <param name="type">The message's number; <see cref="WireNumbers.None"/> when the answer is false.</param>
    /// <param name="why">Why not, in words for a person; null when it was written.</param>
    /// <returns>False when the message has no wire form, or is beyond what a receiver would take.</returns>
    /// <exception cref="InvalidOperationException">A list of the message was changed meanwhile; nothing was written.</exception>
    public static bool TryWrite(object message, IBufferWriter<byte> destination, out uint type, [NotNullWhen(false)] out string? why)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(destination);
        type = WireNumbers.None;
        if (!ByType.TryGetValue(message.GetType(), out var codec))
        {
            why = $"{message.GetType().Name} is for use within a node: it has no wire form.";
            return false;
        }
        var measure = WireWriter.Measure();
        codec.Write(ref measure, message);
        if (measure.Why is null && measure.Position > WireLimits.MessageBytesMax)
            measure.Fail($"It takes {measure.Position} bytes, more than {WireLimits.MessageBytesMax}.");
        if (measure.Why is { } fault)
        {
            why = $"This {codec.Type.Name} is not sent: {fault}";
            return false;
        }
        if (measure.Position > 0)
        {
            var writer = WireWriter.Into(destination.GetSpan(measure.Position)[..measure.Position]);
            codec.Write(ref writer, message);
            if (writer.Position != measure.Position)
                throw new InvalidOperationException($"A {codec.Type.Name} changed while it was written: messages and their lists have to stay as they are.");
            destination.Advance(measure.Position);
        }
        type = codec.Number;
        why = null;
        return true;
    }

    /// <summary>
    /// Reads a message. Does not throw, whatever the bytes are, and what it allocates is in proportion to their number. Of a message in range it allocates
    /// the message alone.
    /// </summary>
    /// <param name="type">The message's number.</param>
    /// <param name="bytes">All bytes of the message; not kept.</param>
    /// <param name="message">The message; null when the answer is false.</param>
    /// <param name="why">Why not, in words for a person; null when it was read.</param>
    /// <returns>False when there is no such number, or the bytes are no such message within the limits.</returns>
    public static bool TryRead(uint type, ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out object? message, [NotNullWhen(false)] out string? why)
    {
        message = null;
        if (type >= ByNumber.Length || ByNumber[type] is not { } codec)
        {
            why = $"There is no message of number {type}: the sender may be of a newer version.";
            return false;
        }
        if (bytes.Length > WireLimits.MessageBytesMax)
        {
            why = $"No {codec.Type.Name} takes {bytes.Length} bytes: {WireLimits.MessageBytesMax} are the most allowed.";
            return false;
        }
        var fields = new WireFields(bytes);
        var made = fields.Why is null ? codec.Read(ref fields) : null;
        if (fields.Why is { } fault)
        {
            why = $"These bytes are no {codec.Type.Name}: {fault}";
            return false;
        }
        message = made!;
        why = null;
        return true;
    }

    private static WireCodec[] All() =>
    [
        .. OutcomeWire.Codecs(), .. OwnerWire.Codecs(), .. KeyIndexWire.Codecs(), .. TierWire.Codecs(), .. ColdWire.Codecs(), .. RegistryWire.Codecs(),
        .. KeyReplicaWire.Codecs(), .. TrackerWire.Codecs(), .. MembershipWire.Codecs(), .. HoldingsWire.Codecs(), .. RemoteWire.Codecs(),
        .. NodeWire.Codecs(),
    ];

    private static WireCodec?[] Numbered()
    {
        var numbered = new WireCodec?[WireNumbers.Last + 1];
        foreach (var codec in ByType.Values)
            numbered[codec.Number] = codec;
        return numbered;
    }
}

using System.Buffers;
using System.Buffers.Binary;
using Cascade.Actors;
using Cascade.Actors.Remoting;
using Cascade.Core.Sharding;
using Cascade.Hosting.Node;

namespace Cascade.Hosting.Benchmarks;

/// <summary>A small message to an entity of a benchmark, which answers with the same.</summary>
/// <param name="Entity">Which entity.</param>
/// <param name="Value">Anything.</param>
internal sealed record BenchAsk(int Entity, long Value);

/// <summary>The messages of nodes, and that of the benchmark.</summary>
internal sealed class BenchMessages : IMessageCodec
{
    private const uint AskNumber = 100_000;
    private const int AskBytes = sizeof(int) + sizeof(long);

    private readonly WireMessages _others = new();

    /// <inheritdoc/>
    public bool TryWrite(object message, IBufferWriter<byte> to, out uint type)
    {
        if (message is not BenchAsk ask)
            return _others.TryWrite(message, to, out type);
        var bytes = to.GetSpan(AskBytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes, ask.Entity);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[sizeof(int)..], ask.Value);
        to.Advance(AskBytes);
        type = AskNumber;
        return true;
    }

    /// <inheritdoc/>
    public bool TryRead(uint type, ReadOnlySpan<byte> from, IRefReader refs, out object? message)
    {
        if (type != AskNumber)
            return _others.TryRead(type, from, refs, out message);
        message = from.Length == AskBytes
            ? new BenchAsk(BinaryPrimitives.ReadInt32LittleEndian(from), BinaryPrimitives.ReadInt64LittleEndian(from[sizeof(int)..]))
            : null;
        return message is not null;
    }
}

/// <summary>Finds the entity of a <see cref="BenchAsk"/>.</summary>
internal sealed class BenchExtractor : IMessageExtractor
{
    /// <inheritdoc/>
    public string? EntityId(object message) =>
        message is BenchAsk ask ? ask.Entity.ToString(System.Globalization.CultureInfo.InvariantCulture) : null;

    /// <inheritdoc/>
    public object EntityMessage(object message) => message;

    /// <inheritdoc/>
    public int ShardId(object message) => message is BenchAsk ask ? ShardMap.ShardOf((ulong)ask.Entity) : -1;
}

/// <summary>Answers with what it is told.</summary>
internal sealed class BenchEcho : UntypedActor
{
    /// <inheritdoc/>
    protected override void OnReceive(object message) => Sender.Tell(message, Self);
}

using System.Buffers;
using Cascade.Actors.Remoting;
using Cascade.Core.Wire;

namespace Cascade.Hosting.Node;

/// <summary>The table of messages of the nodes, as remoting asks for it. No message carries a ref.</summary>
internal sealed class WireMessages : IMessageCodec
{
    /// <inheritdoc/>
    public bool TryWrite(object message, IBufferWriter<byte> to, out uint type) => WireTable.TryWrite(message, to, out type);

    /// <inheritdoc/>
    public bool TryRead(uint type, ReadOnlySpan<byte> from, IRefReader refs, out object? message) =>
        WireTable.TryRead(type, from, out message, out _);
}

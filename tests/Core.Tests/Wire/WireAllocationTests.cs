using System.Buffers;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Wire;
using static Cascade.Core.Tests.Indices.Digests;

namespace Cascade.Core.Tests.Wire;

public sealed class WireAllocationTests
{
    private const int Rounds = 1000;

    // The two messages that are read take 160 bytes; the rest is air.
    private const long BytesMax = 256;

    [Fact]
    public void Locating_a_block_allocates_the_messages_that_are_read_and_nothing_else()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        var copy = new CopyLocation(new NodeId(3), TierKind.Shm, 17, 4, 1L << 40, 5 << 20);
        object locate = new Locate(Block(1), new NodeId(7), TimeSpan.FromSeconds(30));
        object located = new Located(Block(1), copy, 1234567, TimeSpan.FromSeconds(30));
        for (var i = 0; i < Rounds; i++)
            RoundTrip(buffer, locate, located);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++)
            RoundTrip(buffer, locate, located);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Rounds, 1, BytesMax);
    }

    [Fact]
    public void Writing_allocates_nothing()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        object bind = new Bind(new KeyBinding(Key(1), Key(2), 3, new Core.Clocks.HybridTimestamp(4)), Block(1));
        WireTable.TryWrite(bind, buffer, out _);
        buffer.ResetWrittenCount();
        var before = GC.GetAllocatedBytesForCurrentThread();
        WireTable.TryWrite(bind, buffer, out _);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void RoundTrip(ArrayBufferWriter<byte> buffer, object request, object reply)
    {
        foreach (var message in (ReadOnlySpan<object>)[request, reply])
        {
            buffer.ResetWrittenCount();
            Assert.True(WireTable.TryWrite(message, buffer, out var type));
            Assert.True(WireTable.TryRead(type, buffer.WrittenSpan, out var read, out _));
            Assert.True(message.Equals(read));
        }
    }
}

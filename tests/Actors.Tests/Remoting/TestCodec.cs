using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Cascade.Actors.Remoting;

namespace Cascade.Actors.Tests.Remoting;

/// <summary>A table of strings, ints and byte arrays; a string "unreadable" is written under a number that nobody reads.</summary>
internal sealed class TestCodec : IMessageCodec
{
    public bool TryWrite(object message, IBufferWriter<byte> to, out uint type)
    {
        switch (message)
        {
            case "unreadable":
                type = 99;
                return true;
            case string text:
                type = 1;
                Encoding.UTF8.GetBytes(text, to);
                return true;
            case int number:
                type = 2;
                BinaryPrimitives.WriteInt32LittleEndian(to.GetSpan(4), number);
                to.Advance(4);
                return true;
            case byte[] bytes:
                type = 3;
                to.Write(bytes);
                return true;
            default:
                type = 0;
                return false;
        }
    }

    public bool TryRead(uint type, ReadOnlySpan<byte> from, IRefReader refs, out object? message)
    {
        message = type switch
        {
            1 => Encoding.UTF8.GetString(from),
            2 => BinaryPrimitives.ReadInt32LittleEndian(from),
            3 => from.ToArray(),
            _ => null,
        };
        return message is not null;
    }
}

using Cascade.Actors.Remoting.Frames;
using Cascade.Actors.Remoting.Refs;

namespace Cascade.Actors.Remoting;

/// <summary>Writes each kind of frame.</summary>
internal static class Wire
{
    private const int TextBytesMax = 4_096;

    /// <summary>False, with the frame to be taken back, when the codec has no such message.</summary>
    /// <param name="buffer">Takes the frame.</param>
    /// <param name="remote">The sending side.</param>
    /// <param name="to">The recipient.</param>
    /// <param name="message">What is told.</param>
    /// <param name="sender">Who tells it.</param>
    /// <param name="ask">The sender's number when it is an ask of this system, else 0.</param>
    public static bool TryMessage(FrameBuffer buffer, RemoteSystem remote, RemoteRef to, object message, IActorRef? sender, ulong ask)
    {
        buffer.Begin(FrameKind.Message);
        buffer.Raw(to.Wire);
        switch (sender)
        {
            case IAskPromise when ask != 0:
                buffer.U8((byte)RefKind.Ask);
                buffer.U64(ask);
                break;
            case LocalActorRef local:
                buffer.Raw(remote.WireOf(local));
                break;
            case RemoteRef other:
                other.WriteAsSender(buffer);
                break;
            default:
                buffer.U8((byte)RefKind.None);
                break;
        }

        if (!remote.Codec.TryWrite(message, buffer)) return false;
        remote.CountMessage(buffer.End());
        return true;
    }

    public static void Reject(FrameBuffer buffer, ulong ask, Exception cause)
    {
        buffer.Begin(FrameKind.Reject);
        buffer.U64(ask);
        buffer.U8((byte)WireCodec.CodeOf(cause));
        buffer.RawText(WireCodec.TextOf(cause), TextBytesMax / 2);
        buffer.End();
    }

    /// <summary>Watch, Unwatch or Terminated.</summary>
    public static void OfActor(FrameBuffer buffer, FrameKind kind, byte[] wire)
    {
        buffer.Begin(kind);
        buffer.Raw(wire);
        buffer.End();
    }

    public static void Heartbeat(FrameBuffer buffer)
    {
        buffer.Begin(FrameKind.Heartbeat);
        buffer.End();
    }

    public static ReadOnlyMemory<byte> Bye(ByeCode code, string reason)
    {
        var buffer = new FrameBuffer(TextBytesMax);
        buffer.Begin(FrameKind.Bye);
        buffer.U8((byte)code);
        buffer.RawText(reason, TextBytesMax / 2);
        buffer.End();
        return buffer.Memory;
    }

    public static ReadOnlyMemory<byte> Hello(Hello hello)
    {
        var buffer = new FrameBuffer(TextBytesMax);
        buffer.Begin(FrameKind.Hello);
        buffer.U8((byte)(hello.IsAnswer ? 1 : 0));
        buffer.Text(hello.Cluster, TextBytesMax / 4);
        buffer.Text(hello.Address, TextBytesMax / 4);
        buffer.U64(hello.Incarnation);
        buffer.U64(hello.Connection);
        buffer.U64(hello.LastConnection);
        buffer.End();
        return buffer.Memory;
    }
}

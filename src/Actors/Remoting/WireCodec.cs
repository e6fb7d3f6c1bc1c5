using System.Text;
using Cascade.Actors.Remoting.Frames;

namespace Cascade.Actors.Remoting;

/// <summary>The host's codec, and the few messages that the engine codes itself.</summary>
internal sealed class WireCodec(IMessageCodec codec, IRefReader refs)
{
    private const uint Failure = IMessageCodec.ReservedFrom;
    private const uint Success = IMessageCodec.ReservedFrom + 1;
    private const uint Poison = IMessageCodec.ReservedFrom + 2;
    private const uint Nothing = IMessageCodec.ReservedFrom + 3;
    private const int TextBytesMax = 4_096;

    /// <summary>Writes type and bytes; false, with the frame to be taken back, when there is no such message.</summary>
    /// <exception cref="UncodedMessageException">The frame limit was passed.</exception>
    public bool TryWrite(object message, FrameBuffer to)
    {
        var typeAt = to.Length;
        to.U32(0);
        uint type;
        switch (message)
        {
            case Status.Failure failure:
                type = Failure;
                to.U8((byte)CodeOf(failure.Cause));
                to.RawText(TextOf(failure.Cause), TextBytesMax);
                break;
            case Status.Success { Value: null }:
                type = Success;
                to.U32(Nothing);
                break;
            case Status.Success success:
                type = Success;
                if (!TryWrite(success.Value, to)) return false;
                break;
            case PoisonPill:
                type = Poison;
                break;
            default:
                if (!codec.TryWrite(message, to, out type) || type >= IMessageCodec.ReservedFrom) return false;
                break;
        }

        to.PatchU32(typeAt, type);
        return true;
    }

    public bool TryRead(uint type, ReadOnlySpan<byte> from, out object? message)
    {
        message = null;
        switch (type)
        {
            case Failure when from.Length > 0:
                message = new Status.Failure(ExceptionOf((FailureCode)from[0], from[1..]));
                return true;
            case Success when from.Length >= 4:
                var reader = new FrameReader(from);
                var inner = reader.U32();
                object? value = null;
                // Only one level deep, so that no frame makes this recurse far.
                if (inner != Nothing && (inner >= IMessageCodec.ReservedFrom || !TryRead(inner, reader.Rest(), out value))) return false;
                message = new Status.Success(value);
                return true;
            case Poison:
                message = PoisonPill.Instance;
                return true;
            default:
                return type < IMessageCodec.ReservedFrom && TryReadByHost(type, from, out message) && message is not null;
        }
    }

    public static FailureCode CodeOf(Exception cause) => cause switch
    {
        DeadLetterException => FailureCode.DeadLetter,
        MailboxFullException => FailureCode.MailboxFull,
        AskTimeoutException => FailureCode.AskTimeout,
        TimeoutException => FailureCode.Timeout,
        UncodedMessageException => FailureCode.Uncoded,
        PeerUnreachableException => FailureCode.PeerUnreachable,
        UnexpectedReplyException => FailureCode.UnexpectedReply,
        OperationCanceledException => FailureCode.Cancelled,
        _ => FailureCode.Other,
    };

    public static string TextOf(Exception cause) =>
        cause is RemoteFailureException || CodeOf(cause) != FailureCode.Other ? cause.Message : $"{cause.GetType().Name}: {cause.Message}";

    public static Exception ExceptionOf(FailureCode code, ReadOnlySpan<byte> utf8)
    {
        var text = Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, TextBytesMax)]);
        return code switch
        {
            FailureCode.DeadLetter => new DeadLetterException(text),
            FailureCode.MailboxFull => new MailboxFullException(text),
            FailureCode.AskTimeout => new AskTimeoutException(text),
            FailureCode.Timeout => new TimeoutException(text),
            FailureCode.Uncoded => new UncodedMessageException(text),
            FailureCode.PeerUnreachable => new PeerUnreachableException(text),
            FailureCode.UnexpectedReply => new UnexpectedReplyException(text),
            FailureCode.Cancelled => new OperationCanceledException(text),
            _ => new RemoteFailureException(text),
        };
    }

    private bool TryReadByHost(uint type, ReadOnlySpan<byte> from, out object? message)
    {
        try
        {
            return codec.TryRead(type, from, refs, out message);
        }
        catch (Exception)
        {
            // Bytes of a peer made the codec throw: as good as "no message of that type", and reported as such by the caller.
            message = null;
            return false;
        }
    }
}

/// <summary>The exceptions that keep their type over the wire; the numbers are the wire's.</summary>
internal enum FailureCode : byte
{
    Other = 0,
    DeadLetter = 1,
    MailboxFull = 2,
    AskTimeout = 3,
    Timeout = 4,
    Uncoded = 5,
    PeerUnreachable = 6,
    UnexpectedReply = 7,
    Cancelled = 8,
}

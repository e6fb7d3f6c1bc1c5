using System.Globalization;
using System.Text;
using Cascade.Actors.Remoting.Frames;
using Cascade.Actors.Remoting.Refs;
using Cascade.Actors.Simulation;

namespace Cascade.Actors.Tests.Remoting;

public sealed class FrameDecoderTests
{
    private const int FrameBytesMax = 4_096;

    [Fact]
    public void Frames_are_read_whatever_way_the_bytes_are_split()
    {
        var bytes = AllKinds();
        var whole = Decode(bytes, bytes.Length);
        Assert.Equal(
            [
                "Hello True c cascade://a@h:1 7 8 9", "Message /user/x#5 from None type 17 [1,2,3]", "Message ask 77 from ask 78 type 2 []",
                "Message /user/y#0 from foreign cascade://z@h:2!3 /user/w#4 type 3 [9]", "Reject 12 code 2 no room", "Watch /user/x#5", "Unwatch /user/x#5",
                "Terminated /user/x#5", "Heartbeat", "Bye 1 twice",
            ], whole);
        for (var piece = 1; piece < 40; piece++) Assert.Equal(whole, Decode(bytes, piece));
    }

    [Fact]
    public void Layout_of_a_message_is_as_documented()
    {
        var buffer = new FrameBuffer(FrameBytesMax);
        Message(buffer, RemoteActorRef.WireOf("/user/x", 5), [0], 17, [1, 2, 3]);
        Assert.Equal(
            "18-00-00-00-01-02-01-05-00-00-00-07-00-2F-75-73-65-72-2F-78-00-11-00-00-00-01-02-03",
            BitConverter.ToString(buffer.Memory.ToArray()));
    }

    [Theory]
    [InlineData("01-00-00-00-01", "a frame of 1 bytes; 2 to 4096 are taken")]
    [InlineData("01-10-00-00-01", "a frame of 4097 bytes; 2 to 4096 are taken")]
    [InlineData("FF-FF-FF-FF", "a frame of 4294967295 bytes; 2 to 4096 are taken")]
    [InlineData("02-00-00-00-02-07", "protocol version 2; this node speaks 1")]
    [InlineData("02-00-00-00-01-00", "a malformed frame of kind 0")]
    [InlineData("02-00-00-00-01-63", "a malformed frame of kind 99")]
    [InlineData("02-00-00-00-01-02", "a malformed frame of kind 2")]
    [InlineData("03-00-00-00-01-07-00", "a malformed frame of kind 7")]
    [InlineData("05-00-00-00-01-04-02-00-00", "a malformed frame of kind 4")]
    public void Garbage_is_an_error_with_a_reason_and_stays_one(string hex, string reason)
    {
        var decoder = new FrameDecoder(FrameBytesMax);
        Feed(decoder, [.. hex.Split('-').Select(b => byte.Parse(b, NumberStyles.HexNumber, CultureInfo.InvariantCulture))]);
        Assert.Equal(DecodeResult.Error, decoder.TryRead(out _));
        Assert.Equal(reason, decoder.Error);
        Feed(decoder, [2, 0, 0, 0, 1, 7]);
        Assert.Equal(DecodeResult.Error, decoder.TryRead(out _));
    }

    [Fact]
    public void Frame_of_the_largest_size_is_read_and_written()
    {
        var buffer = new FrameBuffer(FrameBytesMax);
        var room = FrameBytesMax - 2 - 14 - 1 - 4;
        Message(buffer, RemoteActorRef.WireOf("/user/x", 5), [0], 17, new byte[room]);
        Assert.Equal(FrameBytesMax + 4, buffer.Length);
        Assert.Single(Decode(buffer.Memory.ToArray(), 100));
        Assert.Throws<Cascade.Actors.Remoting.UncodedMessageException>(() => Message(buffer, RemoteActorRef.WireOf("/user/x", 5), [0], 17, new byte[room + 1]));
        buffer.TakeBack();
        Assert.Equal(FrameBytesMax + 4, buffer.Length);
    }

    [Fact]
    public void A_million_mutated_frames_neither_throw_nor_grow_the_decoder()
    {
        var random = new SplitMix64(20_260_101);
        var pristine = AllKinds();
        var decoder = new FrameDecoder(FrameBytesMax);
        var mutated = new byte[pristine.Length];
        var (frames, errors) = (0, 0);
        while (frames + errors < 1_000_000)
        {
            pristine.CopyTo(mutated, 0);
            for (var flips = random.Next(4); flips >= 0; flips--) mutated[random.Next(mutated.Length)] = (byte)random.Next();
            var from = random.Next(3) == 0 ? random.Next(mutated.Length) : 0;
            Feed(decoder, mutated.AsSpan(from));
            while (decoder.TryRead(out var frame) is var result && result != DecodeResult.NeedsMore)
            {
                if (result == DecodeResult.Error)
                {
                    errors++;
                    Assert.NotNull(decoder.Error);
                    Assert.InRange(decoder.CapacityBytes, 0, 64 << 10);
                    decoder = new FrameDecoder(FrameBytesMax);
                    break;
                }

                frames++;
                Touch(frame);
            }
        }

        // Both ways of ending must be well represented, or the mutations do not test what they should.
        Assert.InRange(frames, 300_000, 999_000);
        Assert.InRange(errors, 1_000, 700_000);
    }

    [Fact]
    public void Announced_length_alone_allocates_nothing()
    {
        var decoder = new FrameDecoder(64 << 20);
        Feed(decoder, [0, 0, 0, 4, 1, 2]);
        Assert.Equal(DecodeResult.NeedsMore, decoder.TryRead(out _));
        Assert.Equal(64 << 10, decoder.CapacityBytes);
    }

    private static int Touch(in Frame frame) =>
        frame.Body.Length + frame.Recipient.Path.Length + frame.Sender.Path.Length + frame.Sender.Address.Length + (frame.Hello?.Cluster.Length ?? 0);

    private static byte[] AllKinds()
    {
        var buffer = new FrameBuffer(FrameBytesMax);
        buffer.Raw(Cascade.Actors.Remoting.Wire.Hello(new Hello(true, "c", "cascade://a@h:1", 7, 8, 9)).Span);
        Message(buffer, RemoteActorRef.WireOf("/user/x", 5), [0], 17, [1, 2, 3]);
        Message(buffer, Ask(77), Ask(78), 2, []);
        Message(buffer, RemoteActorRef.WireOf("/user/y", 0), Foreign("cascade://z@h:2", 3, RemoteActorRef.WireOf("/user/w", 4)), 3, [9]);
        Cascade.Actors.Remoting.Wire.Reject(buffer, 12, new MailboxFullException("no room"));
        foreach (var kind in new[] { FrameKind.Watch, FrameKind.Unwatch, FrameKind.Terminated })
            Cascade.Actors.Remoting.Wire.OfActor(buffer, kind, RemoteActorRef.WireOf("/user/x", 5));
        Cascade.Actors.Remoting.Wire.Heartbeat(buffer);
        buffer.Raw(Cascade.Actors.Remoting.Wire.Bye(ByeCode.Duplicate, "twice").Span);
        return buffer.Memory.ToArray();
    }

    private static byte[] Ask(byte number) => [(byte)RefKind.Ask, number, 0, 0, 0, 0, 0, 0, 0];

    private static byte[] Foreign(string address, byte incarnation, byte[] path) =>
        [(byte)RefKind.ForeignPath, (byte)address.Length, 0, .. Encoding.UTF8.GetBytes(address), incarnation, 0, 0, 0, 0, 0, 0, 0, .. path[1..]];

    private static void Message(FrameBuffer buffer, byte[] recipient, byte[] sender, uint type, byte[] body)
    {
        buffer.Begin(FrameKind.Message);
        buffer.Raw(recipient);
        buffer.Raw(sender);
        buffer.U32(type);
        buffer.Raw(body);
        buffer.End();
    }

    private static void Feed(FrameDecoder decoder, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(decoder.GetMemory().Span);
        decoder.Commit(bytes.Length);
    }

    private static List<string> Decode(byte[] bytes, int piece)
    {
        var decoder = new FrameDecoder(FrameBytesMax);
        var read = new List<string>();
        for (var at = 0; at < bytes.Length; at += piece)
        {
            Feed(decoder, bytes.AsSpan(at, Math.Min(piece, bytes.Length - at)));
            while (decoder.TryRead(out var frame) == DecodeResult.Frame) read.Add(Describe(frame));
            Assert.Null(decoder.Error);
        }

        return read;
    }

    private static string Describe(in Frame frame) => frame.Kind switch
    {
        FrameKind.Message => $"Message {Describe(frame.Recipient)} from {Describe(frame.Sender)} type {frame.Type} [{string.Join(',', frame.Body.ToArray())}]",
        FrameKind.Reject => $"Reject {frame.Ask} code {frame.Code} {Encoding.UTF8.GetString(frame.Body)}",
        FrameKind.Bye => $"Bye {frame.Code} {Encoding.UTF8.GetString(frame.Body)}",
        FrameKind.Heartbeat => "Heartbeat",
        FrameKind.Hello => $"Hello {frame.Hello!.IsAnswer} {frame.Hello.Cluster} {frame.Hello.Address} " +
            $"{frame.Hello.Incarnation} {frame.Hello.Connection} {frame.Hello.LastConnection}",
        _ => $"{frame.Kind} {Describe(frame.Recipient)}",
    };

    private static string Describe(in WireRef wire) => wire.Kind switch
    {
        RefKind.Path => $"{Encoding.UTF8.GetString(wire.Path)}#{wire.Uid}",
        RefKind.Ask => $"ask {wire.Ask}",
        RefKind.ForeignPath => $"foreign {Encoding.UTF8.GetString(wire.Address)}!{wire.Incarnation} {Encoding.UTF8.GetString(wire.Path)}#{wire.Uid}",
        _ => wire.Kind.ToString(),
    };
}

using System.Buffers;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Registry;
using Cascade.Core.Tests.Membership;
using Cascade.Core.Wire;
using Google.Protobuf;
using static Cascade.Core.Tests.Indices.Digests;
using static Cascade.Core.Tests.Wire.WireHarness;
using Proto = Cascade.Core.Wire.Schema;

namespace Cascade.Core.Tests.Wire;

public sealed class WireLimitTests
{
    private static readonly ByteString Id = ByteString.CopyFrom(Enumerable.Range(1, 32).Select(static i => (byte)i).ToArray());

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(64)]
    public void Digest_of_another_length_is_refused(int length)
    {
        var digest = ByteString.CopyFrom(new byte[length]);
        Assert.Contains("no digest", Why(WireNumbers.Describe, new Proto.Describe { Id = digest }), StringComparison.Ordinal);
        Assert.Contains("no digest", Why(WireNumbers.Lookup, new Proto.Lookup { Key = digest }), StringComparison.Ordinal);
        var binding = new Proto.KeyBinding { Key = digest };
        Assert.Contains("no digest", Why(WireNumbers.Bind, new Proto.Bind { Id = Id, Binding = binding }), StringComparison.Ordinal);
    }

    [Fact]
    public void Digest_that_may_be_absent_is_whole_or_absent()
    {
        Assert.Equal(new Bound(new KeyDigest(Id.Span), default, true), Read(WireNumbers.Bound, new Proto.Bound { Key = Id, Applied = true }.ToByteArray()));
        Assert.Contains("31 bytes", Why(WireNumbers.Bound, new Proto.Bound { Key = Id, Id = ByteString.CopyFrom(new byte[31]) }), StringComparison.Ordinal);
        byte[] empty = [.. new Proto.Bound { Key = Id }.ToByteArray(), 2 << 3 | 2, 0];
        Assert.Contains("0 bytes", NotRead(WireNumbers.Bound, empty), StringComparison.Ordinal);
    }

    [Fact]
    public void Number_out_of_its_range_is_refused()
    {
        Out(WireNumbers.Begin, new Proto.Begin { Id = Id, LengthBytes = -1 });
        Out(WireNumbers.Begin, new Proto.Begin { Id = Id, LengthBytes = (1L << 32) + 1 });
        Out(WireNumbers.Begin, new Proto.Begin { Id = Id, TimeoutTicks = -1 });
        Out(WireNumbers.Drop, new Proto.Drop { Id = Id, Copy = new Proto.CopyLocation { OffsetBytes = long.MinValue } });
        Out(WireNumbers.Drop, new Proto.Drop { Id = Id, Copy = new Proto.CopyLocation { LengthBytes = (1L << 32) + 1 } });
        Out(WireNumbers.ProtectDone, new Proto.ProtectDone { Id = Id, Registrations = -1 });
        Out(WireNumbers.KeyReleased, new Proto.KeyReleased { KeysLeft = -2 });
        Out(WireNumbers.FrequencyEstimate, new Proto.FrequencyEstimate { Id = Id, Reads = 16 });
        Out(WireNumbers.Bind, new Proto.Bind { Id = Id, Binding = new Proto.KeyBinding { Key = Id, Depth = -1 } });
        Out(WireNumbers.Nack, new Proto.Nack { From = new Proto.NodeLife(), Sequence = -1 });
        var backwards = new Proto.SyncReply { From = new(), Range = new() { From = 2, Through = 1 } };
        Assert.Contains("before it begins", Why(WireNumbers.SyncReply, backwards), StringComparison.Ordinal);
        // 2^32 as the number of a node; 2 as yes.
        Assert.Contains("range", NotRead(WireNumbers.Locate, [.. new Proto.Locate { Id = Id }.ToByteArray(), 2 << 3, 0x80, 0x80, 0x80, 0x80, 0x10]), StringComparison.Ordinal);
        Assert.Contains("range", NotRead(WireNumbers.ColdStored, [1 << 3, 2]), StringComparison.Ordinal);
    }

    [Fact]
    public void Choice_that_is_not_known_is_refused()
    {
        Out(WireNumbers.Demote, new Proto.Demote { Id = Id, Copy = new(), To = (Proto.TierKind)4 });
        Out(WireNumbers.Promote, new Proto.Promote { Id = Id, To = new() { Tier = (Proto.TierKind)(-1) } });
        Out(WireNumbers.EvictRefused, new Proto.EvictRefused { Id = Id, Copy = new(), Reason = (Proto.EvictRefusal)3 });
        Out(WireNumbers.BlockDescription, new Proto.BlockDescription { Id = Id, State = (Proto.BlockState)4 });
        Out(WireNumbers.Gossip, new Proto.Gossip { From = new(), Records = { new Proto.Member { Address = "a:1", Share = 1, State = (Proto.MemberState)6 } } });
    }

    [Fact]
    public void Part_that_is_missing_or_makes_no_sense_is_refused()
    {
        Assert.Contains("missing", Why(WireNumbers.Drop, new Proto.Drop { Id = Id }), StringComparison.Ordinal);
        Assert.Contains("missing", Why(WireNumbers.Nack, new Proto.Nack()), StringComparison.Ordinal);
        var nowhere = new Proto.PingRequest { From = new(), Target = new(), TargetAddress = "no port" };
        Assert.Contains("no address", Why(WireNumbers.PingRequest, nowhere), StringComparison.Ordinal);
        var greedy = new Proto.Gossip { From = new(), Records = { new Proto.Member { Address = "a:1", Share = 9 } } };
        Assert.Contains("range", Why(WireNumbers.Gossip, greedy), StringComparison.Ordinal);
        var neither = new Proto.RegistryEntry { Key = Id, Id = Id, LengthBytes = 1, IsRemoved = true };
        Assert.Contains("neither", Why(WireNumbers.RegistryPart, new Proto.RegistryPart { Entries = { neither } }), StringComparison.Ordinal);
        Assert.Contains("UTF-8", NotRead(WireNumbers.Busy, [1 << 3 | 2, 1, 0xFF]), StringComparison.Ordinal);
    }

    [Fact]
    public void Framing_that_is_none_is_refused()
    {
        byte[][] wrong =
        [
            [0x00], [0x02, 0x00], [1 << 3 | 3], [1 << 3 | 4], [1 << 3 | 6], [1 << 3 | 7], [0x80], [1 << 3 | 2, 5, 1], [1 << 3 | 1, 1, 2, 3], [1 << 3 | 5, 1, 2, 3],
            [1 << 3 | 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02], [0x88, 0x80, 0x80, 0x80, 0x80, 0x01, 0x00],
            [1 << 3 | 2, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        ];
        foreach (var bytes in wrong)
            Assert.Contains("no whole field", NotRead(WireNumbers.NotFound, bytes), StringComparison.Ordinal);
        Assert.Contains("no bytes", NotRead(WireNumbers.Busy, [1 << 3 | 0, 1]), StringComparison.Ordinal);
        Assert.Contains("no such number", NotRead(WireNumbers.ColdStored, [1 << 3 | 2, 0]), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_is_bounded()
    {
        var fits = new string('a', WireLimits.TextBytesMax);
        Assert.Equal(new Busy(fits), Read(WireNumbers.Busy, Write(new Busy(fits))));
        Assert.Contains("4097 bytes", Why(WireNumbers.Busy, new Proto.Busy { Reason = fits + "a" }), StringComparison.Ordinal);
        // Of a reason the end is left out, and no character is torn.
        Assert.Equal(new Busy(fits), Read(WireNumbers.Busy, Write(new Busy(fits + "a"))));
        var torn = new string('a', WireLimits.TextBytesMax - 1);
        Assert.Equal(new Refused(torn), Read(WireNumbers.Refused, Write(new Refused(torn + "ü" + fits))));
        Assert.Equal(new Unavailable("\uFFFD!"), Read(WireNumbers.Unavailable, Write(new Unavailable("\uD800!"))));
    }

    [Fact]
    public void List_is_bounded()
    {
        var copies = new CopyLocation[WireLimits.EntriesMax];
        var full = new BlockDescription(Block(1), BlockState.Resident, copies, 0, 0);
        Assert.Null(Difference(full, Read(WireNumbers.BlockDescription, Write(full))));
        var over = full with { Copies = [.. copies, default] };
        Assert.Contains("65537 entries", NotWritten(over), StringComparison.Ordinal);
        byte[] bytes = [.. Write(full), 3 << 3 | 2, 0];
        Assert.Contains("65537 entries", NotRead(WireNumbers.BlockDescription, bytes), StringComparison.Ordinal);

        var entry = new RegistryEntry(Key(1), Block(1), 1L << 32, new HybridTimestamp(ulong.MaxValue), IsRemoved: false);
        var part = new RegistryPart(default, 1, [.. Enumerable.Repeat(entry, WireLimits.RegistryPartEntriesMax)]);
        Assert.Null(Difference(part, Read(WireNumbers.RegistryPart, Write(part))));
        Assert.Contains("16385 entries", NotWritten(new RegistryPart(default, 1, [.. part.Entries, entry])), StringComparison.Ordinal);
    }

    [Fact]
    public void Message_is_bounded()
    {
        var member = new SampleMessages(new SeededNumbers(5)).Member() with { Address = new NodeAddress(new string('n', 200) + ":7400") };
        var news = new Gossip(default, null, [.. Enumerable.Repeat(member, 20_000)]);
        Assert.Contains("more than 4194304", NotWritten(news), StringComparison.Ordinal);
        // An unknown field of a newer version may be as long as the message may be, and no longer.
        var padded = new byte[WireLimits.MessageBytesMax];
        CodedBytes(padded, field: 99);
        Assert.Same(NotFound.Instance, Read(WireNumbers.NotFound, padded));
        Assert.Contains("most allowed", NotRead(WireNumbers.NotFound, new byte[WireLimits.MessageBytesMax + 1]), StringComparison.Ordinal);
    }

    [Fact]
    public void What_no_receiver_would_take_is_not_written()
    {
        var copy = new CopyLocation(new NodeId(1), TierKind.Shm, 1, 2, 0, 1);
        object[] wrong =
        [
            new Begin(Block(1), new NodeId(1), -1, TimeSpan.Zero), new Begin(Block(1), new NodeId(1), (1L << 32) + 1, TimeSpan.Zero),
            new Locate(Block(1), new NodeId(1), Timeout.InfiniteTimeSpan), new AddCopy(Block(1), copy with { OffsetBytes = -1 }),
            new Demote(Block(1), copy, (TierKind)4), new EvictRefused(Block(1), copy, (EvictRefusal)(-1)), new KeyReleased(-2), new FrequencyEstimate(Block(1), 16),
            new Bind(new KeyBinding(Key(1), Key(2), -1, default), Block(1)), new Nack(default, null, -1), new SyncReply(default, null, 1, new NodeRange(2, 1), []),
            new Gossip(default, null, [new SampleMessages(new SeededNumbers(5)).Member() with { Share = 0 }]),
            new RegistryPart(default, 1, [new RegistryEntry(Key(1), default, 5, default, IsRemoved: false)]),
        ];
        foreach (var message in wrong)
            Assert.StartsWith($"This {message.GetType().Name} is not sent: ", NotWritten(message), StringComparison.Ordinal);
    }

    [Fact]
    public void Message_that_changes_while_it_is_written_is_told_of()
    {
        var buffer = new ArrayBufferWriter<byte>();
        Assert.Throws<InvalidOperationException>(() => WireTable.TryWrite(new RegistryPart(default, 1, new Shrinking()), buffer, out _));
        Assert.Equal(0, buffer.WrittenCount);
    }

    /// <summary>One entry while it is measured, and then none.</summary>
    private sealed class Shrinking : IReadOnlyList<RegistryEntry>
    {
        private int _asked;

        public int Count => _asked++ < 3 ? 1 : 0;

        public RegistryEntry this[int index] => RegistryEntry.Removed(Key(1), default);

        public IEnumerator<RegistryEntry> GetEnumerator() => throw new NotSupportedException();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private static void CodedBytes(byte[] whole, int field)
    {
        var output = new CodedOutputStream(whole);
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteLength(whole.Length - 6);
        output.Flush();
    }

    private static string Why(uint number, IMessage message) => NotRead(number, message.ToByteArray());

    private static void Out(uint number, IMessage message) => Assert.Contains("out of its range", Why(number, message), StringComparison.Ordinal);
}

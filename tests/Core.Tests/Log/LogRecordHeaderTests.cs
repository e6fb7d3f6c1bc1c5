using System.Buffers.Binary;
using Cascade.Core.Clocks;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Log;
using Cascade.Core.Placement;

namespace Cascade.Core.Tests.Log;

public class LogRecordHeaderTests
{
    private static readonly LogRecordHeader Sample = new(
        LogRecordKind.Block,
        new BlockId(Bytes(0x10)),
        0x1_0000_0000,
        new KeyBinding(
            new KeyDigest(Bytes(0x30)), new KeyDigest(Bytes(0x50)), 0x01020304, new HybridTimestamp(0x1122334455667788)),
        DigestAlgorithm.Sha256);

    [Fact]
    public void Encode_of_a_known_header_is_these_bytes()
    {
        const string Golden =
            "435343442D4C4F47" + "0100" + "01" + "01" + "51C33D7A"
            + "0000000001000000" + "8877665544332211"
            + "101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F"
            + "303132333435363738393A3B3C3D3E3F404142434445464748494A4B4C4D4E4F"
            + "505152535455565758595A5B5C5D5E5F606162636465666768696A6B6C6D6E6F"
            + "04030201";
        var block = Encoded(Sample);
        Assert.Equal(Golden, Convert.ToHexString(block[..132]));
        Assert.True(block.AsSpan(132).IndexOfAnyExcept((byte)0) < 0);
        var stored = Convert.FromHexString(Golden.PadRight(LogRecordHeader.SizeBytes * 2, '0'));
        Assert.Equal((LogRecordStatus.Ok, Sample), (LogRecordHeader.TryDecode(stored, out var decoded), decoded));
    }

    [Fact]
    public void Encode_over_old_bytes_leaves_none_of_them()
    {
        var block = new byte[LogRecordHeader.SizeBytes];
        block.AsSpan().Fill(0xFF);
        Sample.Encode(block);
        Assert.Equal(Encoded(Sample), block);
    }

    [Fact]
    public void TryDecode_of_any_encoded_header_gives_it_back()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var header = Drawn(new Random(seed));
            var file = new byte[LogRecordHeader.SizeBytes + 100];
            new Random(seed).NextBytes(file);
            header.Encode(file);
            Assert.Equal((LogRecordStatus.Ok, header, seed), (LogRecordHeader.TryDecode(file, out var decoded), decoded, seed));
        }
    }

    [Fact]
    public void TryDecode_with_any_one_bit_flipped_is_never_ok()
    {
        var block = Encoded(Sample);
        for (var bit = 0; bit < block.Length * 8; bit++)
        {
            block[bit >> 3] ^= (byte)(1 << (bit & 7));
            var expected = bit < 64 ? LogRecordStatus.NotARecord : LogRecordStatus.TornOrCorrupt;
            Assert.Equal((expected, default, bit), (LogRecordHeader.TryDecode(block, out var decoded), decoded, bit));
            block[bit >> 3] ^= (byte)(1 << (bit & 7));
        }
    }

    [Fact]
    public void TryDecode_cut_short_anywhere_is_never_ok()
    {
        var block = Encoded(Sample);
        for (var length = 0; length < block.Length; length++)
        {
            var expected = length < 8 ? LogRecordStatus.NotARecord : LogRecordStatus.TornOrCorrupt;
            Assert.Equal((expected, length), (LogRecordHeader.TryDecode(block.AsSpan(0, length), out _), length));
        }
    }

    [Fact]
    public void TryDecode_of_a_header_with_a_zero_tail_from_any_byte_is_corrupt()
    {
        for (var kept = 8; kept < 132; kept++)
        {
            var torn = new byte[LogRecordHeader.SizeBytes];
            Encoded(Sample).AsSpan(0, kept).CopyTo(torn);
            Assert.Equal((LogRecordStatus.TornOrCorrupt, kept), (LogRecordHeader.TryDecode(torn, out _), kept));
        }
    }

    [Fact]
    public void TryDecode_of_garbage_never_throws()
    {
        var random = new Random(5);
        var garbage = new byte[LogRecordHeader.SizeBytes];
        Assert.Equal(LogRecordStatus.NotARecord, LogRecordHeader.TryDecode(garbage, out _));
        for (var round = 0; round < 2_000; round++)
        {
            random.NextBytes(garbage);
            if (round % 2 == 0)
                "CSCD-LOG"u8.CopyTo(garbage);
            var expected = round % 2 == 0 ? LogRecordStatus.TornOrCorrupt : LogRecordStatus.NotARecord;
            Assert.Equal((expected, round), (LogRecordHeader.TryDecode(garbage, out _), round));
        }
    }

    [Theory]
    [InlineData(8, 2, LogRecordStatus.UnknownVersion)]
    [InlineData(8, 0, LogRecordStatus.UnknownVersion)]
    [InlineData(9, 1, LogRecordStatus.UnknownVersion)]
    [InlineData(10, 0, LogRecordStatus.TornOrCorrupt)]
    [InlineData(10, 2, LogRecordStatus.TornOrCorrupt)]
    [InlineData(10, 4, LogRecordStatus.TornOrCorrupt)]
    [InlineData(11, 2, LogRecordStatus.TornOrCorrupt)]
    [InlineData(16, 1, LogRecordStatus.TornOrCorrupt)]
    [InlineData(23, 0x80, LogRecordStatus.TornOrCorrupt)]
    [InlineData(131, 0x80, LogRecordStatus.TornOrCorrupt)]
    [InlineData(4095, 1, LogRecordStatus.Ok)]
    public void TryDecode_of_an_odd_byte_under_a_valid_checksum_says_what_it_is(int at, byte value, LogRecordStatus expected)
    {
        var block = Encoded(Sample);
        block[at] = value;
        block.AsSpan(12, 4).Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(12), Crc32C.Of(block));
        Assert.Equal(expected, LogRecordHeader.TryDecode(block, out _));
    }

    [Fact]
    public void Encode_of_a_header_that_could_not_be_read_back_throws()
    {
        LogRecordHeader[] contradictions =
        [
            default,
            Sample with { PayloadBytes = 0 },
            Sample with { PayloadBytes = -1 },
            Sample with { PayloadBytes = LogRecordHeader.MaxPayloadBytes + 1 },
            Sample with { Id = default },
            Sample with { Kind = LogRecordKind.Alias },
            Sample with { Kind = LogRecordKind.Tombstone },
            Sample with { Kind = LogRecordKind.Alias, PayloadBytes = 0, Binding = default },
            Sample with { Kind = LogRecordKind.Tombstone, PayloadBytes = 0, Binding = default, Id = default },
            Sample with { Kind = (LogRecordKind)4 },
            Sample with { Algorithm = (DigestAlgorithm)2 },
            Sample with { Binding = Sample.Binding with { Depth = -1 } },
        ];
        foreach (var header in contradictions)
            Assert.Throws<InvalidOperationException>(() => Encoded(header));
    }

    [Fact]
    public void Encode_over_less_than_a_header_throws() =>
        Assert.Throws<ArgumentException>(() => Sample.Encode(new byte[LogRecordHeader.SizeBytes - 1]));

    [Theory]
    [InlineData(0, 4096)]
    [InlineData(1, 8192)]
    [InlineData(4096, 8192)]
    [InlineData(4097, 12288)]
    [InlineData(LogRecordHeader.MaxPayloadBytes, LogRecordHeader.MaxPayloadBytes + 4096)]
    public void RecordBytesFor_a_payload_pads_it_to_4_KiB(long payloadBytes, long expected) =>
        Assert.Equal(expected, LogRecordHeader.RecordBytesFor(payloadBytes));

    [Theory]
    [InlineData(-1)]
    [InlineData(LogRecordHeader.MaxPayloadBytes + 1)]
    [InlineData(long.MaxValue)]
    public void RecordBytesFor_no_payload_length_throws(long payloadBytes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => LogRecordHeader.RecordBytesFor(payloadBytes));

    private static LogRecordHeader Drawn(Random random)
    {
        var kind = (LogRecordKind)random.Next(1, 4);
        var binding = kind != LogRecordKind.Alias && random.Next(4) == 0
            ? default
            : new KeyBinding(
                new KeyDigest(Random32(random)),
                random.Next(2) == 0 ? default : new KeyDigest(Random32(random)),
                random.Next(),
                new HybridTimestamp((ulong)random.NextInt64(long.MinValue, long.MaxValue)));
        var payloadBytes = kind == LogRecordKind.Block ? random.NextInt64(1, LogRecordHeader.MaxPayloadBytes + 1) : 0;
        return new LogRecordHeader(kind, new BlockId(Random32(random)), payloadBytes, binding, (DigestAlgorithm)random.Next(2))
        {
            Origin = LogPosition.FromValue((ulong)random.NextInt64()),
            Place = LogPosition.FromValue((ulong)random.NextInt64()),
            DurableTo = LogPosition.FromValue((ulong)random.NextInt64()),
            Generation = (uint)random.NextInt64(),
        };
    }

    private static byte[] Encoded(LogRecordHeader header)
    {
        var block = new byte[LogRecordHeader.SizeBytes];
        header.Encode(block);
        return block;
    }

    private static byte[] Bytes(byte first) => [.. Enumerable.Range(first, 32).Select(value => (byte)value)];

    private static byte[] Random32(Random random)
    {
        var bytes = new byte[32];
        random.NextBytes(bytes);
        return bytes;
    }
}

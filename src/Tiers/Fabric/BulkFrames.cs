using System.Buffers.Binary;
using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Tiers.Fabric;

/// <summary>What a server says to a request, before its bytes and after them.</summary>
internal enum BulkStatus : uint
{
    /// <summary>Before: the bytes follow. After: they were the copy's to the end.</summary>
    Good = 0,

    /// <summary>The copy is gone. Said after the bytes too, when it went while they were sent.</summary>
    Stale = 1,

    /// <summary>As many leases are held at the holder as are allowed.</summary>
    Busy = 2,

    /// <summary>The request makes no sense to the server, which closes the connection.</summary>
    Malformed = 3,
}

/// <summary>
/// The frames of the bulk protocol, all of fixed length and little-endian. A connection begins with Greeting (server), Hello (client) and
/// Welcome (server); then for each Request come a Reply, its bytes and a Trailer, in the order of the requests.
/// </summary>
internal static class BulkFrames
{
    /// <summary>Version of the protocol. Another one is refused: the nodes of a cluster are of one release or of two neighbouring ones.</summary>
    public const ushort Version = 2;

    public const int GreetingBytes = 32;
    public const int HelloBytes = 64;
    public const int WelcomeBytes = 40;
    public const int RequestBytes = 96;
    public const int ReplyBytes = 24;
    public const int TrailerBytes = 16;

    /// <summary>Longest of the frames.</summary>
    public const int LongestBytes = 96;

    public const int NonceBytes = 16;
    public const int ProofBytes = 32;

    // "CSBK", "PULL", "DATA", "ENDS" and "WELC", read as little-endian numbers.
    private const uint Magic = 0x4B42_5343;
    private const uint RequestMagic = 0x4C4C_5550;
    private const uint ReplyMagic = 0x4154_4144;
    private const uint TrailerMagic = 0x5344_4E45;
    private const uint WelcomeMagic = 0x434C_4557;

    // Where in a request the block's id is; zeros stand for any block.
    private const int BlockOffset = 64;

    /// <summary>Writes a Greeting, or the head of a Hello.</summary>
    public static void WriteOpening(Span<byte> frame, NodeId node, ReadOnlySpan<byte> nonce)
    {
        frame.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(frame[4..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[8..], node.Value);
        nonce.CopyTo(frame.Slice(16, NonceBytes));
    }

    /// <summary>What is wrong with a Greeting or Hello, in words; null when nothing is.</summary>
    public static string? FaultOfOpening(ReadOnlySpan<byte> frame, out NodeId node)
    {
        node = new NodeId(BinaryPrimitives.ReadUInt32LittleEndian(frame[8..]));
        if (BinaryPrimitives.ReadUInt32LittleEndian(frame) != Magic)
            return "it does not speak the bulk protocol";
        var version = BinaryPrimitives.ReadUInt16LittleEndian(frame[4..]);
        return version == Version ? null : $"it speaks version {version} of the bulk protocol, this node version {Version}";
    }

    public static ReadOnlySpan<byte> NonceOf(ReadOnlySpan<byte> opening) => opening.Slice(16, NonceBytes);

    public static Span<byte> ProofOf(Span<byte> hello) => hello.Slice(32, ProofBytes);

    public static void WriteWelcome(Span<byte> frame, ReadOnlySpan<byte> proof)
    {
        frame.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(frame, WelcomeMagic);
        proof.CopyTo(frame[8..]);
    }

    public static bool TryReadWelcome(ReadOnlySpan<byte> frame, out ReadOnlySpan<byte> proof)
    {
        proof = frame.Slice(8, ProofBytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(frame) == WelcomeMagic;
    }

    public static void WriteRequest(Span<byte> frame, in BulkRequest request)
    {
        frame.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(frame, RequestMagic);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], request.TimeoutMilliseconds);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[8..], request.Id);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[16..], request.Copy.Slot);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[20..], request.Copy.Generation);
        BinaryPrimitives.WriteInt64LittleEndian(frame[24..], request.Copy.OffsetBytes);
        BinaryPrimitives.WriteInt64LittleEndian(frame[32..], request.Copy.LengthBytes);
        BinaryPrimitives.WriteInt64LittleEndian(frame[40..], request.SkipBytes);
        BinaryPrimitives.WriteInt32LittleEndian(frame[48..], request.LengthBytes);
        request.Block?.CopyTo(frame[BlockOffset..]);
    }

    /// <summary>Reads a request for a copy of <paramref name="node"/>; false when it is none, or contradicts itself.</summary>
    public static bool TryReadRequest(ReadOnlySpan<byte> frame, NodeId node, out BulkRequest request)
    {
        var copy = new CopyLocation(
            node, TierKind.Shm,
            BinaryPrimitives.ReadUInt32LittleEndian(frame[16..]), BinaryPrimitives.ReadUInt32LittleEndian(frame[20..]),
            BinaryPrimitives.ReadInt64LittleEndian(frame[24..]), BinaryPrimitives.ReadInt64LittleEndian(frame[32..]));
        request = new BulkRequest(
            BinaryPrimitives.ReadUInt64LittleEndian(frame[8..]), copy,
            BinaryPrimitives.ReadInt64LittleEndian(frame[40..]), BinaryPrimitives.ReadInt32LittleEndian(frame[48..]),
            BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]),
            frame.Slice(BlockOffset, BlockId.SizeBytes).ContainsAnyExcept((byte)0) ? new BlockId(frame.Slice(BlockOffset, BlockId.SizeBytes)) : null);
        return BinaryPrimitives.ReadUInt32LittleEndian(frame) == RequestMagic
            && !frame[52..BlockOffset].ContainsAnyExcept((byte)0)
            && request.LengthBytes > 0 && request.TimeoutMilliseconds > 0 && request.SkipBytes >= 0
            && copy.LengthBytes >= request.LengthBytes && request.SkipBytes <= copy.LengthBytes - request.LengthBytes;
    }

    public static void WriteReply(Span<byte> frame, ulong id, BulkStatus status, int lengthBytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame, ReplyMagic);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], (uint)status);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[8..], id);
        BinaryPrimitives.WriteInt64LittleEndian(frame[16..], lengthBytes);
    }

    /// <summary>Reads the reply to a request; false when it is none.</summary>
    public static bool TryReadReply(ReadOnlySpan<byte> frame, in BulkRequest request, out BulkStatus status)
    {
        status = (BulkStatus)BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]);
        return BinaryPrimitives.ReadUInt32LittleEndian(frame) == ReplyMagic
            && BinaryPrimitives.ReadUInt64LittleEndian(frame[8..]) == request.Id
            && BinaryPrimitives.ReadInt64LittleEndian(frame[16..]) == (status == BulkStatus.Good ? request.LengthBytes : 0);
    }

    public static void WriteTrailer(Span<byte> frame, ulong id, BulkStatus status)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame, TrailerMagic);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], (uint)status);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[8..], id);
    }

    public static bool TryReadTrailer(ReadOnlySpan<byte> frame, in BulkRequest request, out BulkStatus status)
    {
        status = (BulkStatus)BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]);
        return BinaryPrimitives.ReadUInt32LittleEndian(frame) == TrailerMagic && BinaryPrimitives.ReadUInt64LittleEndian(frame[8..]) == request.Id;
    }
}

/// <summary>Some bytes of a copy, as they are asked for on one stream.</summary>
/// <param name="Id">Names the request on its connection.</param>
/// <param name="Copy">The copy.</param>
/// <param name="SkipBytes">Where in the block to begin.</param>
/// <param name="LengthBytes">How many bytes.</param>
/// <param name="TimeoutMilliseconds">How long the client waits.</param>
/// <param name="Block">What the copy is to be of; null for whatever lies there.</param>
internal readonly record struct BulkRequest(ulong Id, CopyLocation Copy, long SkipBytes, int LengthBytes, uint TimeoutMilliseconds, BlockId? Block = null);

namespace Cascade.Core.Identity;

/// <summary>The name of a block: the digest of its bytes (BLAKE3-256, or SHA-256 where the cluster is set so).</summary>
public readonly record struct BlockId : IDigest, IComparable<BlockId>
{
    /// <summary>Length of the digest, in bytes.</summary>
    public const int SizeBytes = Digest256.SizeBytes;

    private readonly Digest256 _digest;

    /// <summary>Takes the id from its 32 bytes.</summary>
    /// <exception cref="ArgumentException">The span is not 32 bytes long.</exception>
    public BlockId(ReadOnlySpan<byte> digest) => _digest = Digest256.Read(digest);

    private BlockId(Digest256 digest) => _digest = digest;

    /// <summary>True for the default value, which names nothing.</summary>
    public bool IsZero => _digest.IsZero;

    /// <summary>The first eight bytes as a little-endian number: uniform over blocks, the same in every process.</summary>
    public ulong Prefix64 => _digest.A;

    /// <summary>Parses 64 hexadecimal digits of either case.</summary>
    /// <exception cref="FormatException">The text is not a digest.</exception>
    public static BlockId Parse(ReadOnlySpan<char> hex) => TryParse(hex, out var id) ? id : throw Digest256.NotHex(hex, "a block id");

    /// <summary>Parses 64 hexadecimal digits of either case; false for anything else.</summary>
    public static bool TryParse(ReadOnlySpan<char> hex, out BlockId id)
    {
        var parsed = Digest256.TryParse(hex, out var digest);
        id = new BlockId(digest);
        return parsed;
    }

    /// <summary>Writes the 32 bytes to the head of <paramref name="destination"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The destination is shorter than 32 bytes.</exception>
    public void CopyTo(Span<byte> destination) => _digest.Write(destination);

    /// <inheritdoc/>
    public int CompareTo(BlockId other) => _digest.CompareTo(other._digest);

    /// <inheritdoc/>
    public override int GetHashCode() => _digest.GetHashCode();

    /// <summary>The digest in 64 lower-case hexadecimal digits.</summary>
    public override string ToString() => _digest.ToString();

    /// <summary>Byte-wise order, for stable listings.</summary>
    public static bool operator <(BlockId left, BlockId right) => left.CompareTo(right) < 0;

    /// <summary>Byte-wise order, for stable listings.</summary>
    public static bool operator >(BlockId left, BlockId right) => left.CompareTo(right) > 0;

    /// <summary>Byte-wise order, for stable listings.</summary>
    public static bool operator <=(BlockId left, BlockId right) => left.CompareTo(right) <= 0;

    /// <summary>Byte-wise order, for stable listings.</summary>
    public static bool operator >=(BlockId left, BlockId right) => left.CompareTo(right) >= 0;
}

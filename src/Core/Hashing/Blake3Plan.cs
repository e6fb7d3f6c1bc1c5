using System.Numerics;

namespace Cascade.Core.Hashing;

/// <summary>How one input is split into pieces that can be hashed apart, in any order, on any thread.</summary>
/// <remarks>
/// Every piece but the last has <see cref="PieceBytes"/> bytes, a power of two, and so is one node of the BLAKE3 tree.
/// Pieces are 256 KiB until an input has 1,024 of them (256 MiB), then they double, so that the chaining values of any
/// input fit 32 KiB.
/// </remarks>
public readonly record struct Blake3Plan
{
    /// <summary>The most pieces that a plan has.</summary>
    public const int MaxPieces = 1024;

    /// <summary>
    /// Length of a piece of all but huge inputs, in bytes: small enough to stay in a core's second-level cache.
    /// </summary>
    public const int MinPieceBytes = 256 << 10;

    /// <summary>The longest piece, in bytes: what a span can hold.</summary>
    public const int MaxPieceBytes = 1 << 30;

    /// <summary>The longest input that can be planned, in bytes: 1 TiB.</summary>
    public const ulong MaxLengthBytes = (ulong)MaxPieces * MaxPieceBytes;

    internal Blake3Plan(ulong lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, MaxLengthBytes);
        LengthBytes = lengthBytes;
        PieceBytes = (int)Math.Max(MinPieceBytes, BitOperations.RoundUpToPowerOf2((lengthBytes + MaxPieces - 1) / MaxPieces));
    }

    /// <summary>Length of the input, in bytes.</summary>
    public ulong LengthBytes { get; }

    /// <summary>Length of every piece but the last, in bytes: a power of two.</summary>
    public int PieceBytes { get; }

    /// <summary>Number of pieces, 1 to 1,024; an empty input is one empty piece.</summary>
    public int PieceCount => LengthBytes == 0 ? 1 : (int)((LengthBytes - 1) / (uint)PieceBytes) + 1;

    /// <summary>Room that the chaining values of all pieces take, in bytes: 32 a piece.</summary>
    public int ChainingValuesBytes => PieceCount * Blake3Tree.ChainingValueBytes;

    /// <summary>Where the piece starts in the input, in bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The plan has no such piece.</exception>
    public ulong PieceOffsetBytes(int piece)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)piece, (uint)PieceCount, nameof(piece));
        return (ulong)piece * (uint)PieceBytes;
    }

    /// <summary>Length of the piece, in bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The plan has no such piece.</exception>
    public int PieceLengthBytes(int piece) => (int)Math.Min((uint)PieceBytes, LengthBytes - PieceOffsetBytes(piece));
}

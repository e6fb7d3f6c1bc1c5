using System.Runtime.CompilerServices;

namespace Cascade.Core.Hashing;

/// <summary>BLAKE3 of one input in pieces, for callers that hash them on several threads.</summary>
/// <remarks>
/// Take a <see cref="Plan"/>, hash every piece of it (in any order, on any threads) to a 32-byte chaining value, lay the values
/// in piece order, and <see cref="Combine(in Blake3Plan, Span{byte}, Span{byte})"/> them to the digest, which is that of
/// <see cref="Blake3.Hash(ReadOnlySpan{byte}, Span{byte})"/>. Pure functions; nothing is allocated.
/// </remarks>
public static unsafe class Blake3Tree
{
    /// <summary>Length of what a piece is hashed to, in bytes.</summary>
    public const int ChainingValueBytes = Blake3Spec.ChainingBytes;

    /// <summary>The split of an input of <paramref name="lengthBytes"/> bytes, 0 to 1 TiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The input is longer than 1 TiB.</exception>
    public static Blake3Plan Plan(ulong lengthBytes) => new(lengthBytes);

    /// <summary>
    /// Writes the chaining value of piece number <paramref name="piece"/>, whose bytes are <paramref name="source"/>.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The source is not as long as the plan says, or the chaining value has less than 32 bytes.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The plan has no such piece.</exception>
    public static void HashPiece(in Blake3Plan plan, int piece, ReadOnlySpan<byte> source, Span<byte> chainingValue) =>
        HashPiece(LaneHashing.Best, plan, piece, source, chainingValue);

    /// <summary>
    /// As <see cref="HashPiece(in Blake3Plan, int, ReadOnlySpan{byte}, Span{byte})"/>, and copies the piece to
    /// <paramref name="destination"/> in the same pass.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// Source or destination is not as long as the plan says, they overlap, or the chaining value has less than 32 bytes.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The plan has no such piece.</exception>
    public static void HashPieceAndCopy(
        in Blake3Plan plan, int piece, ReadOnlySpan<byte> source, Span<byte> destination, Span<byte> chainingValue) =>
        HashPieceAndCopy(LaneHashing.Best, plan, piece, source, destination, chainingValue);

    /// <summary>
    /// Writes the digest of the input from the chaining values of all its pieces, in piece order. The values are overwritten.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// There are not 32 bytes for every piece, or the digest has less than 32 bytes.
    /// </exception>
    public static void Combine(in Blake3Plan plan, Span<byte> chainingValues, Span<byte> digest) =>
        Combine(LaneHashing.Best, plan, chainingValues, digest);

    [SkipLocalsInit]
    internal static void HashPiece(
        SimdPath path, in Blake3Plan plan, int piece, ReadOnlySpan<byte> source, Span<byte> chainingValue)
    {
        RequirePiece(plan, piece, source.Length);
        HashingArguments.RequireDigest(chainingValue);
        var result = stackalloc uint[Blake3Spec.ChainingWords];
        fixed (byte* from = source)
            Subtree.Hash(path, from, (nuint)source.Length, FirstChunk(plan, piece), RootFlag(plan), default, result);
        new ReadOnlySpan<byte>(result, ChainingValueBytes).CopyTo(chainingValue);
    }

    [SkipLocalsInit]
    internal static void HashPieceAndCopy(
        SimdPath path, in Blake3Plan plan, int piece, ReadOnlySpan<byte> source, Span<byte> destination, Span<byte> chainingValue)
    {
        RequirePiece(plan, piece, source.Length);
        HashingArguments.RequireDigest(chainingValue);
        HashingArguments.RequireSeparate(source, destination);
        var result = stackalloc uint[Blake3Spec.ChainingWords];
        fixed (byte* from = source, to = destination)
        {
            var copy = new FusedCopy(to, (nuint)plan.LengthBytes);
            Subtree.Hash(path, from, (nuint)source.Length, FirstChunk(plan, piece), RootFlag(plan), copy, result);
            copy.Complete();
        }
        new ReadOnlySpan<byte>(result, ChainingValueBytes).CopyTo(chainingValue);
    }

    internal static void Combine(SimdPath path, in Blake3Plan plan, Span<byte> chainingValues, Span<byte> digest)
    {
        HashingArguments.RequireDigest(digest);
        if (chainingValues.Length != plan.ChainingValuesBytes)
            throw new ArgumentException(
                $"{plan.PieceCount} pieces have {plan.ChainingValuesBytes} bytes of chaining values; "
                + $"{chainingValues.Length} were given; pass all of them, in piece order.", nameof(chainingValues));
        if (plan.PieceCount > 1)
        {
            fixed (byte* values = chainingValues)
            {
                Subtree.ReduceToChildren(path, (uint*)values, plan.PieceCount);
                ScalarKernel.HashParent((uint*)values, Blake3Spec.Root, (uint*)values);
            }
        }
        chainingValues[..ChainingValueBytes].CopyTo(digest);
    }

    private static ulong FirstChunk(in Blake3Plan plan, int piece) => plan.PieceOffsetBytes(piece) / Blake3Spec.ChunkBytes;

    /// <summary>The only piece of an input is its root: what it gives is the digest already.</summary>
    private static uint RootFlag(in Blake3Plan plan) => plan.PieceCount == 1 ? Blake3Spec.Root : 0;

    private static void RequirePiece(in Blake3Plan plan, int piece, int lengthBytes)
    {
        var expected = plan.PieceLengthBytes(piece);
        if (lengthBytes != expected)
            throw new ArgumentException(
                $"Piece {piece} has {expected} bytes and {lengthBytes} were given; take offset and length from the plan.",
                nameof(lengthBytes));
    }
}

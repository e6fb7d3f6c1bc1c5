using Cascade.Core.Hashing;
using Cascade.Core.Identity;

namespace Cascade.Tiers.Fabric;

/// <summary>The BLAKE3 id of bytes that land in memory part by part, in any order: each piece of the tree is hashed while a cache still has it.</summary>
/// <remarks>Threads may land different pieces at once. It reads the memory, and neither owns it nor keeps it mapped.</remarks>
internal sealed unsafe class LandingDigest
{
    private readonly byte* _address;
    private readonly Blake3Plan _plan;
    private readonly byte[] _chainingValues;
    private int _piecesLeft;

    public LandingDigest(nint address, long lengthBytes)
    {
        _address = (byte*)address;
        _plan = Blake3Tree.Plan((ulong)lengthBytes);
        _chainingValues = new byte[_plan.ChainingValuesBytes];
        _piecesLeft = _plan.PieceCount;
    }

    /// <summary>Length of every piece but the last, in bytes.</summary>
    public int PieceBytes => _plan.PieceBytes;

    /// <summary>Hashes the pieces that are whole between two places, of which the first is where a piece begins. Gives where the next one to hash begins.</summary>
    public long Land(long fromByte, long toByte)
    {
        while (fromByte < toByte)
        {
            var piece = (int)(fromByte / _plan.PieceBytes);
            var length = _plan.PieceLengthBytes(piece);
            if (fromByte + length > toByte)
                break;
            var chainingValue = _chainingValues.AsSpan(piece * Blake3Tree.ChainingValueBytes, Blake3Tree.ChainingValueBytes);
            Blake3Tree.HashPiece(_plan, piece, new ReadOnlySpan<byte>(_address + fromByte, length), chainingValue);
            Interlocked.Decrement(ref _piecesLeft);
            fromByte += length;
        }

        return fromByte;
    }

    /// <summary>The id of all the bytes. Once, when every piece has landed.</summary>
    /// <exception cref="InvalidOperationException">Some have not.</exception>
    public BlockId Finish()
    {
        if (Volatile.Read(ref _piecesLeft) != 0)
            throw new InvalidOperationException($"{_piecesLeft} of {_plan.PieceCount} pieces are not hashed.");
        Span<byte> digest = stackalloc byte[BlockId.SizeBytes];
        Blake3Tree.Combine(_plan, _chainingValues, digest);
        return new BlockId(digest);
    }
}

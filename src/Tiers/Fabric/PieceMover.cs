using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Tiers.Payload;

namespace Cascade.Tiers.Fabric;

/// <summary>Copies bytes in pieces, between which it can be stopped. For one thread.</summary>
internal sealed unsafe class PieceMover(nint source, nint destination, long lengthBytes)
{
    // About a millisecond of copying.
    private const int PieceBytes = 4 << 20;

    // What the crew of hashing threads does in one go; more is hashed piece by piece, so that a deadline is kept to some hundredths of a second.
    private const long WholeBytes = 64 << 20;

    private long _done;

    /// <summary>True when all bytes were moved.</summary>
    public bool IsComplete => _done == lengthBytes;

    /// <summary>Moves the bytes until all are moved or <paramref name="isOver"/> says so.</summary>
    public void Move(Func<bool> isOver)
    {
        while (!IsComplete && !isOver())
        {
            var piece = Math.Min(PieceBytes, lengthBytes - _done);
            Buffer.MemoryCopy((byte*)source + _done, (byte*)destination + _done, piece, piece);
            _done += piece;
        }
    }

    /// <summary>Moves the bytes and gives their digest; null when it was stopped.</summary>
    public BlockId? MoveAndHash(PayloadWriter writer, DigestAlgorithm algorithm, Func<bool> isOver)
    {
        if (lengthBytes <= WholeBytes)
        {
            _done = lengthBytes;
            return writer.Write((byte*)source, (byte*)destination, lengthBytes);
        }

        using var hash = new IncrementalBlockDigest(algorithm);
        while (!IsComplete && !isOver())
        {
            var piece = (int)Math.Min(PieceBytes, lengthBytes - _done);
            hash.AppendAndCopy(new ReadOnlySpan<byte>((byte*)source + _done, piece), new Span<byte>((byte*)destination + _done, piece));
            _done += piece;
        }

        return IsComplete ? hash.Finish() : null;
    }
}

using System.Runtime.InteropServices;

namespace Cascade.Tiers.Mpi;

/// <summary>Native memory, in pieces of one length, that reads of other ranks land in before they are copied to where they are wanted. For one thread.</summary>
/// <remarks>
/// A read that did not come in time cannot be called back, and may store long after its pull has ended. So no read goes into memory that a pull has to give back, and a late
/// one costs its
/// piece only, until it has come or for good. The price is one copy a byte, through a cache, by a thread that would else poll.
/// </remarks>
internal sealed unsafe class BouncePool(int pieceBytes, int piecesMax) : IDisposable
{
    private const nuint Alignment = 4096;

    private readonly Stack<nint> _free = new();
    private int _live;

    /// <summary>Length of a piece.</summary>
    public int PieceBytes => pieceBytes;

    /// <summary>Pieces that are in use or lie ready; those that were lost are not among them.</summary>
    public int Live => _live;

    /// <summary>Takes the piece that was used last, or makes one while there are fewer than the most.</summary>
    public bool TryTake(out nint piece)
    {
        if (_free.TryPop(out piece))
            return true;
        if (_live == piecesMax)
            return false;
        piece = (nint)NativeMemory.AlignedAlloc((nuint)pieceBytes, Alignment);
        _live++;
        return true;
    }

    /// <summary>Takes a piece back that nothing stores to any more.</summary>
    public void Return(nint piece) => _free.Push(piece);

    /// <summary>Gives a piece up that something may still store to: another may be made in its place.</summary>
    public void Lose(nint piece)
    {
        _ = piece;
        _live--;
    }

    /// <summary>Takes a piece back that was given up, now that nothing stores to it any more.</summary>
    public void Regain(nint piece)
    {
        if (_live < piecesMax)
        {
            _live++;
            _free.Push(piece);
        }
        else
        {
            NativeMemory.AlignedFree((void*)piece);
        }
    }

    /// <summary>Frees what lies ready. What is in use, or lost, stays allocated for as long as the process lives.</summary>
    public void Dispose()
    {
        while (_free.TryPop(out var piece))
        {
            NativeMemory.AlignedFree((void*)piece);
            _live--;
        }
    }
}

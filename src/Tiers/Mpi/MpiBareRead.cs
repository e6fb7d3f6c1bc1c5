using Cascade.Core.Placement;
using Cascade.Tiers.Native;

namespace Cascade.Tiers.Mpi;

/// <summary>The bare MPI calls that a pull is made of, as a program in C would make them: to measure what the fabric adds.</summary>
/// <remarks>
/// It has no deadline, looks at no descriptor, and its bytes land where they are wanted: a rank that dies or hangs meanwhile, or a copy that goes, leaves the caller waiting, or
/// with other bytes. For measurements alone.
/// </remarks>
public static class MpiBareRead
{
    /// <summary>Reads a whole copy by <c>MPI_Rget</c> and <c>MPI_Test</c>. Returns when all bytes are there.</summary>
    /// <param name="fabric">A fabric that is started and not stopped.</param>
    /// <param name="copy">A copy in the memory of another rank.</param>
    /// <param name="to">Where its bytes go: memory that does not move, for as many.</param>
    /// <param name="pieceBytes">Bytes of one read: 1 or more.</param>
    /// <param name="inFlight">Reads under way at a time: 1 or more.</param>
    /// <exception cref="ArgumentException">The copy's node is no rank of the fabric's job.</exception>
    /// <exception cref="InvalidOperationException">MPI reported an error.</exception>
    public static void Read(MpiFabric fabric, in CopyLocation copy, nint to, int pieceBytes, int inFlight)
    {
        ArgumentNullException.ThrowIfNull(fabric);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pieceBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inFlight);
        var node = copy.Node;
        var world = fabric.World;
        var peer = world is null ? null : Array.Find(world.Peers.ToArray(), candidate => candidate.Node == node);
        if (peer is null)
            throw new ArgumentException($"{node} is not a rank of this MPI job.", nameof(copy));
        world!.BeginPolling();
        try
        {
            Read(world, peer, copy, to, pieceBytes, new int[inFlight]);
        }
        catch (MpiException e)
        {
            throw new InvalidOperationException(e.Message, e);
        }
        finally
        {
            world.EndPolling();
        }
    }

    private static void Read(MpiWorld world, MpiPeer peer, in CopyLocation copy, nint to, int pieceBytes, int[] requests)
    {
        var from = peer.Layout.PayloadOffset + copy.OffsetBytes;
        var pieces = (copy.LengthBytes + pieceBytes - 1) / pieceBytes;
        for (var piece = 0L; piece < pieces + requests.Length; piece++)
        {
            ref var request = ref requests[piece % requests.Length];
            if (piece >= requests.Length && piece - requests.Length < pieces)
                Finish(ref request);
            if (piece >= pieces)
                continue;
            var at = piece * pieceBytes;
            var length = (int)Math.Min(pieceBytes, copy.LengthBytes - at);
            var code = Native.Mpi.MPI_Rget(
                to + (nint)at, length, Native.Mpi.MPI_BYTE, peer.Rank, (nint)(from + at), length, Native.Mpi.MPI_BYTE, world.Window, out request);
            MpiException.Check(code, "MPI_Rget");
        }
    }

    private static void Finish(ref int request)
    {
        int flag;
        do
            MpiException.Check(Native.Mpi.MPI_Test(ref request, out flag, Native.Mpi.MPI_STATUS_IGNORE), "MPI_Test");
        while (flag == 0);
    }
}

using System.Runtime.InteropServices;
using Cascade.Tiers.Native;

namespace Cascade.Tiers.Mpi;

/// <summary>Reads whose pulls ended before them: their memory is out of use until they have come. For one thread.</summary>
internal sealed class LateGets(IRemoteMemory memory, Quarantine quarantine, Action<MpiPeer, string> lose)
{
    private readonly List<Late> _gets = [];

    /// <summary>How many have not come and may still do.</summary>
    public int Count => _gets.Count;

    /// <summary>Takes a read over.</summary>
    /// <param name="get">The read.</param>
    /// <param name="peer">The rank that is read.</param>
    /// <param name="isOverdue">True when it should have come by now: the rank is then not asked again until it has.</param>
    public void Add(in RemoteGet get, MpiPeer peer, bool isOverdue)
    {
        get.Pool.Lose(get.Piece);
        quarantine.Add(get.Pool.PieceBytes);

        // Nobody waits for a rank that was given up: its pieces stay lost, for it cannot be known when the transport lets go of them.
        if (peer.Lost is not null)
            return;
        if (isOverdue)
            peer.AddLate();
        _gets.Add(new Late(get, peer, isOverdue));
    }

    /// <summary>Looks which have come.</summary>
    public void Poll()
    {
        foreach (ref var late in CollectionsMarshal.AsSpan(_gets))
            late.IsOver = late.Peer.Lost is not null || TryEnd(ref late);
        _gets.RemoveAll(static late => late.IsOver);
    }

    private bool TryEnd(ref Late late)
    {
        var request = late.Get.Request;
        try
        {
            if (!memory.HasEnded(ref request))
                return false;
        }
        catch (MpiException failure)
        {
            lose(late.Peer, failure.Message);
            return true;
        }

        late.Get.Pool.Regain(late.Get.Piece);
        quarantine.Remove(late.Get.Pool.PieceBytes);
        if (late.IsOverdue)
            late.Peer.RemoveLate();
        return true;
    }

    private record struct Late(RemoteGet Get, MpiPeer Peer, bool IsOverdue)
    {
        public bool IsOver { get; set; }
    }
}

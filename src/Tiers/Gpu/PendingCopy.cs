using Cascade.Tiers.Native;

namespace Cascade.Tiers.Gpu;

/// <summary>A copy that was accepted and has not ended. The device's thread alone.</summary>
internal sealed class PendingCopy(GpuCopy copy, Action<GpuCopyResult> done)
{
    public GpuCopy Copy { get; } = copy;

    /// <summary>Bytes handed to the driver.</summary>
    public long BegunBytes { get; set; }

    /// <summary>Pieces that the driver has and has not done.</summary>
    public int PiecesInFlight { get; set; }

    /// <summary>The first thing that went wrong.</summary>
    public CudaException? Failure { get; set; }

    public bool HasBegunAll => Failure is not null || BegunBytes == Copy.LengthBytes;

    public bool HasEnded => HasBegunAll && PiecesInFlight == 0;

    public void End(bool mayStillMove) => done(new GpuCopyResult(Failure, mayStillMove));
}

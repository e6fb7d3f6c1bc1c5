using Cascade.Tiers.Native;

namespace Cascade.Tiers.Gpu;

/// <summary>The copies of one kind: a ring of pieces that the driver has, each with its event, and the copies that wait for a place in it.</summary>
/// <remarks>
/// The device's thread alone, in the device's context. A piece goes straight between the two ends where the host's side is pinned, and through the
/// place's own staging memory where it is not. A driver that fails to say whether a piece is done leaves the whole device unusable: that is thrown.
/// </remarks>
internal sealed unsafe class GpuLane
{
    private readonly GpuCopyKind _kind;
    private readonly GpuSlabOptions _options;
    private readonly Place[] _ring;
    private readonly nint _order;
    private readonly Queue<PendingCopy> _waiting = new();
    private readonly Action<PendingCopy> _ended;
    private int _head;
    private int _taken;
    private long _directBytes;
    private long _stagedBytes;

    public GpuLane(GpuCopyKind kind, GpuSlabOptions options, GpuHoldings holdings, Action<PendingCopy> ended)
    {
        (_kind, _options, _ended) = (kind, options, ended);
        // One stream, so that what was ordered behind the caller's work is in order for all pieces.
        var isOrdered = GpuCopy.WaitsForStreams(kind);
        var streams = new nint[isOrdered ? 1 : options.StreamsPerDirection];
        foreach (ref var stream in streams.AsSpan())
            stream = holdings.Stream();
        _ring = new Place[options.PiecesInFlight];
        for (var place = 0; place < _ring.Length; place++)
        {
            _ring[place].Stream = streams[place % streams.Length];
            _ring[place].Event = holdings.Event();
            if (kind != GpuCopyKind.OnDevice)
                _ring[place].Staging = holdings.Pinned(kind == GpuCopyKind.Digest ? Blake3Kernels.ChainingBytes : options.PieceBytes);
        }

        if (isOrdered)
            _order = holdings.Event();
    }

    /// <summary>Bytes handed to the driver straight, and by way of staging memory. Any thread.</summary>
    public (long Direct, long Staged) Bytes => (Volatile.Read(ref _directBytes), Volatile.Read(ref _stagedBytes));

    /// <summary>What digests are computed by.</summary>
    public GpuDigester? Digester { get; init; }

    private bool IsFromHost => _kind is GpuCopyKind.ToDevice or GpuCopyKind.HostToCaller;

    public bool IsIdle => _taken == 0 && _waiting.Count == 0;

    public void Add(PendingCopy copy) => _waiting.Enqueue(copy);

    /// <summary>Ends what is done and begins what there is room for; says whether anything was.</summary>
    /// <exception cref="CudaException">The device cannot be used any more.</exception>
    public bool Turn(TimeSpan now, GpuHostRegion? region)
    {
        var moved = false;
        while (_taken > 0 && TryFinish(now))
            moved = true;
        while (_taken < _ring.Length && _waiting.TryPeek(out var copy))
        {
            TryBegin(copy, now, region);
            moved = true;
        }

        return moved;
    }

    /// <summary>Ends the copies that wait and have no piece begun.</summary>
    public void EndWaiting(CudaException failure)
    {
        for (var left = _waiting.Count; left > 0; left--)
        {
            var copy = _waiting.Dequeue();
            copy.Failure ??= failure;
            if (copy.PiecesInFlight == 0)
                End(copy, mayStillMove: false);
        }
    }

    /// <summary>Ends all copies, whatever of them the driver still has.</summary>
    public void EndAll(CudaException failure, bool mayStillMove)
    {
        EndWaiting(failure);
        for (; _taken > 0; _taken--, _head = Next(_head))
        {
            var copy = _ring[_head].Copy!;
            _ring[_head].Copy = null;
            copy.Failure ??= failure;
            if (--copy.PiecesInFlight == 0)
                End(copy, mayStillMove);
        }
    }

    /// <summary>Finishes the oldest piece, when it is done.</summary>
    private bool TryFinish(TimeSpan now)
    {
        ref var place = ref _ring[_head];
        var code = Cuda.cuEventQuery(place.Event);
        if (code == CudaCode.NotReady)
        {
            // What waits for a stream of the caller's ends when that does; the device is not to blame.
            if (now - place.Since > _options.StallLimit && place.Copy!.Copy.AfterStream == 0)
                throw new CudaException($"the device has not ended a copy of {place.LengthBytes} bytes within {_options.StallLimit}");
            return false;
        }

        CudaException.Check(code, nameof(Cuda.cuEventQuery));
        var copy = place.Copy!;
        var landedBytes = _kind == GpuCopyKind.Digest ? Blake3Kernels.ChainingBytes : place.LengthBytes;
        if (place.IsStaged && !IsFromHost && copy.Failure is null)
            Buffer.MemoryCopy((void*)place.Staging, (void*)place.Host, landedBytes, landedBytes);
        place.Copy = null;
        (_head, _taken) = (Next(_head), _taken - 1);
        _ring[_head].Since = now;
        copy.PiecesInFlight--;
        if (copy.HasEnded)
            End(copy, mayStillMove: false);
        return true;
    }

    /// <summary>Begins the next piece of a copy; the copy fails alone when the driver refuses it.</summary>
    private void TryBegin(PendingCopy copy, TimeSpan now, GpuHostRegion? region)
    {
        var index = (_head + _taken) % _ring.Length;
        ref var place = ref _ring[index];
        var isHanded = true;
        try
        {
            Hand(ref place, copy, region);
        }
        catch (CudaException failure) when (!failure.IsSticky)
        {
            // Of the launches of a digest some may have been made: the source is read until they are done.
            copy.Failure = failure;
            isHanded = _kind == GpuCopyKind.Digest;
        }

        if (isHanded)
        {
            (place.Copy, place.Since) = (copy, now);
            copy.PiecesInFlight++;
            _taken++;
            copy.BegunBytes += place.LengthBytes;
            ref var bytes = ref place.IsStaged ? ref _stagedBytes : ref _directBytes;
            Volatile.Write(ref bytes, bytes + place.LengthBytes);

            // Counted before: of a piece that the driver has and may not tell the end of, the copy must not be told to be over.
            CudaException.Check(Cuda.cuEventRecord(place.Event, place.Stream), nameof(Cuda.cuEventRecord));
        }

        if (!copy.HasBegunAll)
            return;
        _waiting.Dequeue();
        if (copy.HasEnded)
            End(copy, mayStillMove: false);
    }

    private void Hand(ref Place place, PendingCopy pending, GpuHostRegion? region)
    {
        var copy = pending.Copy;
        var (from, to) = (copy.From + (nint)pending.BegunBytes, copy.To + (nint)pending.BegunBytes);
        var left = copy.LengthBytes - pending.BegunBytes;
        (place.IsStaged, place.LengthBytes) = (false, left);
        if (_kind == GpuCopyKind.OnDevice)
        {
            Order(copy.AfterStream, place.Stream);
            CudaException.Check(Cuda.cuMemcpyDtoDAsync_v2(to, from, (nuint)left, place.Stream), nameof(Cuda.cuMemcpyDtoDAsync_v2));
            return;
        }

        if (_kind == GpuCopyKind.Digest)
        {
            (place.IsStaged, place.Host) = (true, to);
            Order(copy.AfterStream, place.Stream);
            Digester!.Begin(from, left, place.Staging, place.Stream);
            return;
        }

        place.Host = IsFromHost ? from : to;
        var pinned = region?.PinnedRun(place.Host, left) ?? 0;
        place.IsStaged = pinned == 0;
        place.LengthBytes = place.IsStaged ? Math.Min(left, _options.PieceBytes) : pinned;
        var host = place.IsStaged ? place.Staging : place.Host;
        if (pending.BegunBytes == 0)
            Order(copy.AfterStream, place.Stream);
        if (!IsFromHost)
        {
            CudaException.Check(Cuda.cuMemcpyDtoHAsync_v2(host, from, (nuint)place.LengthBytes, place.Stream), nameof(Cuda.cuMemcpyDtoHAsync_v2));
            return;
        }

        if (place.IsStaged)
            Buffer.MemoryCopy((void*)place.Host, (void*)host, _options.PieceBytes, place.LengthBytes);
        CudaException.Check(Cuda.cuMemcpyHtoDAsync_v2(to, host, (nuint)place.LengthBytes, place.Stream), nameof(Cuda.cuMemcpyHtoDAsync_v2));
    }

    private void Order(nint after, nint stream)
    {
        if (after == 0)
            return;
        CudaException.Check(Cuda.cuEventRecord(_order, after), nameof(Cuda.cuEventRecord));
        CudaException.Check(Cuda.cuStreamWaitEvent(stream, _order, 0), nameof(Cuda.cuStreamWaitEvent));
    }

    private void End(PendingCopy copy, bool mayStillMove)
    {
        _ended(copy);
        copy.End(mayStillMove);
    }

    private int Next(int place) => (place + 1) % _ring.Length;

    private struct Place
    {
        public nint Event;
        public nint Stream;
        public nint Staging;
        public PendingCopy? Copy;
        public nint Host;
        public long LengthBytes;
        public bool IsStaged;

        /// <summary>When the piece was handed to the driver, or became the oldest.</summary>
        public TimeSpan Since;
    }
}

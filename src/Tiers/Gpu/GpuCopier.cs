using Cascade.Tiers.Native;

namespace Cascade.Tiers.Gpu;

/// <summary>What a turn came to.</summary>
internal enum GpuPace
{
    /// <summary>Nothing is under way.</summary>
    Idle = 0,

    /// <summary>The device has work, and has not finished any.</summary>
    Waiting = 1,

    /// <summary>Something began or ended.</summary>
    Moving = 2,
}

/// <summary>The copies of one device: accepted on any thread, carried out by the one that calls <see cref="Turn"/>.</summary>
internal sealed class GpuCopier
{
    private readonly GpuContext _context;
    private readonly TimeProvider _time;
    private readonly int _copiesMax;
    private readonly GpuLane[] _lanes;
    private readonly Action<CudaException> _failed;
    private readonly Action _wake;
    private readonly Lock _turn = new();
    private Queue<PendingCopy> _accepted = new();
    private Queue<PendingCopy> _admitted = new();
    private int _open;
    private CudaException? _closed;
    private GpuHostRegion? _region;
    private bool _lost;

    /// <param name="context">The device.</param>
    /// <param name="holdings">Takes what the copies need.</param>
    /// <param name="options">Checked already.</param>
    /// <param name="digester">Computes digests; null where the device cannot.</param>
    /// <param name="time">Tells a device that does not answer.</param>
    /// <param name="failed">Told once, on the thread of the turns, that the device has failed; before its copies end.</param>
    /// <param name="wake">Called when there is something to do.</param>
    public GpuCopier(
        GpuContext context, GpuHoldings holdings, GpuSlabOptions options, GpuDigester? digester, TimeProvider time, Action<CudaException> failed, Action wake)
    {
        (_context, _time, _copiesMax, _failed, _wake) = (context, time, options.CopiesMax, failed, wake);
        _lanes = [.. Enum.GetValues<GpuCopyKind>().Where(kind => kind != GpuCopyKind.Digest || digester is not null)
            .Select(kind => new GpuLane(kind, options, holdings, OnEnded) { Digester = digester })];
    }

    /// <summary>Host memory that needs no staging.</summary>
    public GpuHostRegion? Region
    {
        get => Volatile.Read(ref _region);
        set => Volatile.Write(ref _region, value);
    }

    /// <summary>Bytes handed to the driver in copies of a kind.</summary>
    public (long Direct, long Staged) BytesOf(GpuCopyKind kind) => (int)kind < _lanes.Length ? _lanes[(int)kind].Bytes : default;

    /// <summary>Copies that have not ended.</summary>
    public int OpenCopies
    {
        get
        {
            lock (_turn)
                return _open;
        }
    }

    public GpuCopyStart TryStart(in GpuCopy copy, Action<GpuCopyResult> done)
    {
        lock (_turn)
        {
            if (_closed is not null)
                return GpuCopyStart.Closed;
            if (_open == _copiesMax)
                return GpuCopyStart.Busy;
            _open++;
            _accepted.Enqueue(new PendingCopy(copy, done));

            // Under the lock, so that the thread is not taken away between: Close comes first.
            _wake();
            return GpuCopyStart.Started;
        }
    }

    /// <summary>Takes no more copies, and none of those that wait is begun; what the device has goes on.</summary>
    public void Close()
    {
        lock (_turn)
            _closed ??= new CudaException("the slab was closed before the copy began");
        _wake();
    }

    /// <summary>Brings all copies forward, as far as it goes without waiting.</summary>
    public GpuPace Turn()
    {
        var now = _time.GetElapsedTime(0, _time.GetTimestamp());
        var closed = Admit();
        if (_lost)
            return GpuPace.Idle;
        try
        {
            using var scope = _context.Enter();
            var (moved, idle) = (false, true);
            foreach (var lane in _lanes)
            {
                if (closed is not null)
                    lane.EndWaiting(closed);
                moved |= lane.Turn(now, Region);
                idle &= lane.IsIdle;
            }

            return moved ? GpuPace.Moving : idle ? GpuPace.Idle : GpuPace.Waiting;
        }
        catch (CudaException failure)
        {
            Lose(failure);
            return GpuPace.Idle;
        }
    }

    /// <summary>Hands what was accepted to the lanes, or ends it; gives why no more is accepted.</summary>
    private CudaException? Admit()
    {
        CudaException? closed;
        lock (_turn)
        {
            (_accepted, _admitted) = (_admitted, _accepted);
            closed = _closed;
        }

        while (_admitted.TryDequeue(out var copy))
            _lanes[(int)copy.Copy.Kind].Add(copy);
        if (_lost)
            EndAll(closed!);
        return closed;
    }

    private void Lose(CudaException failure)
    {
        _lost = true;
        lock (_turn)
            _closed = failure;
        _failed(failure);
        EndAll(failure);
        Admit();
    }

    /// <summary>A context that a sticky error has ended moves nothing any more; of one that merely does not answer that is not known.</summary>
    private void EndAll(CudaException failure)
    {
        foreach (var lane in _lanes)
            lane.EndAll(failure, mayStillMove: !failure.IsSticky);
    }

    private void OnEnded(PendingCopy copy)
    {
        lock (_turn)
            _open--;
    }
}

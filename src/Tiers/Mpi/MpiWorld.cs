using System.Runtime.InteropServices;
using Cascade.Tiers.Native;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Mpi;

/// <summary>This process as a rank of the MPI world: its arena as a window that the others read, and theirs.</summary>
/// <remarks>
/// One thread starts MPI, polls it so that others can read this rank's memory, and ends it: so the end cannot come while it polls. A process can be part of one world, once.
/// Nothing here flushes or waits in MPI for a rank: that would hold up every other call of the process while the rank hangs.
/// </remarks>
internal sealed unsafe class MpiWorld : IRemoteMemory
{
    private const int WarmUpBytes = 64;

    // All have come by then, so what is left is done at once, unless one dies in the middle of it. Also, in releases of MPICH before 4.2 over UCX a rank that is done
    // first goes on to wait without polling, and others then wait for ever for it to take part in closing their connections (pmodels/mpich#6596).
    private static readonly TimeSpan FinalizeGrace = TimeSpan.FromSeconds(2);
    /// <summary>SIGUSR1 as Linux numbers it: it has no name in .NET.</summary>
    private const PosixSignal RankGone = (PosixSignal)10;

    private static int _started;

    // Lives as long as the process.
    private static PosixSignalRegistration? _rankGone;

    private readonly MpiOptions _options;
    private readonly TimeProvider _time;
    private readonly nint _address;
    private readonly ArenaLayout _layout;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ready = new();
    private readonly TaskCompletionSource<MpiEnd> _ended = new();
    private readonly TaskCompletionSource _stop = new();
    private readonly TaskCompletionSource _agreed = new();
    private readonly OwnPolls _ownPolls = new();
    private MpiPeer[] _peers = [];
    private int _rank;
    private int _window;
    private TimeSpan _stopWithin;
    private volatile bool _givenUp;
    private volatile bool _mayFinalize = true;

    private MpiWorld(MpiOptions options, ShmArena arena, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _layout = new ArenaLayout(arena.SlotCount, arena.CapacityBytes);
        _address = arena.PayloadAddress - (nint)_layout.PayloadOffset;
        _thread = new Thread(Run) { IsBackground = true, Name = "cascade-mpi" };
    }

    /// <summary>All ranks, this one among them, by number.</summary>
    public ReadOnlySpan<MpiPeer> Peers => _peers;

    /// <summary>This process's number.</summary>
    public int Rank => _rank;

    /// <summary>The window's handle.</summary>
    public int Window => _window;

    /// <summary>Starts MPI together with all other ranks. Blocks.</summary>
    /// <exception cref="MpiRefusedException">It cannot be used, or not all came in time.</exception>
    public static MpiWorld Start(MpiOptions options, ShmArena arena, TimeProvider time, CancellationToken cancellation)
    {
        if (!MpiLibrary.TryLoad(out var probe))
            throw new MpiRefusedException($"MPI cannot be used: {probe.Message}.");
        if (Interlocked.Exchange(ref _started, 1) != 0)
            throw new MpiRefusedException("MPI was started in this process before: it can be only once. Start a new process.");
        var world = new MpiWorld(options, arena, time);
        world._thread.Start();
        try
        {
            if (world._ready.Task.Wait((int)Math.Min(options.StartTimeout.TotalMilliseconds, int.MaxValue), cancellation))
                return world;
            world._givenUp = true;
        }
        catch (AggregateException failure) when (failure.InnerException is MpiRefusedException refused)
        {
            throw new MpiRefusedException(refused.Message, refused) { IsWrongStart = refused.IsWrongStart };
        }
        catch (AggregateException failure) when (failure.InnerException is MpiException)
        {
            throw new MpiRefusedException(failure.InnerException.Message, failure.InnerException);
        }
        catch (OperationCanceledException)
        {
            world._givenUp = true;
            throw;
        }

        throw new MpiRefusedException(
            $"MPI did not start within {options.StartTimeout}: some ranks of the job did not come as far. Look at what they say, or allow more time.");
    }

    /// <summary>From now on the end leaves MPI as it is: a rank has died or hangs.</summary>
    public void ForbidFinalize() => _mayFinalize = false;

    /// <summary>Ends MPI when all other ranks do so within the time given. No read may be under way, and none may be begun from now on.</summary>
    public MpiEnd Stop(TimeSpan within)
    {
        _stopWithin = within;
        _stop.TrySetResult();

        Task.WaitAny([_ended.Task, _agreed.Task], within + FinalizeGrace);
        return _ended.Task.Wait(FinalizeGrace) ? _ended.Task.Result : MpiEnd.LeftOpen;
    }

    public int BeginGet(nint to, int lengthBytes, int rank, long fromByte)
    {
        var code = Native.Mpi.MPI_Rget(
            to, lengthBytes, Native.Mpi.MPI_BYTE, rank, (nint)fromByte, lengthBytes, Native.Mpi.MPI_BYTE, _window, out var request);
        MpiException.Check(code, "MPI_Rget");
        return request;
    }

    public bool HasEnded(ref int request)
    {
        MpiException.Check(Native.Mpi.MPI_Test(ref request, out var flag, Native.Mpi.MPI_STATUS_IGNORE), "MPI_Test");
        return flag != 0;
    }

    public void BeginPolling() => _ownPolls.Begin();

    public void EndPolling() => _ownPolls.End();

    private void Run()
    {
        try
        {
            Begin();
        }
        catch (Exception failure)
        {
            _ready.SetException(failure);
            return;
        }

        _ready.SetResult();
        if (_options.Progress)
            Poll();
        else
            _stop.Task.Wait();
        try
        {
            _ended.SetResult(End());
        }
        catch (MpiException)
        {
            _ended.SetResult(MpiEnd.LeftOpen);
        }
    }

    private void Begin()
    {
        MpiException.Check(Native.Mpi.MPI_Initialized(out var flag), "MPI_Initialized");
        if (flag != 0)
            throw new MpiRefusedException("MPI was started by the program that Cascade runs in: let Cascade do it, in a process of its own.");
        MpiException.Check(Native.Mpi.MPI_Init_thread(0, 0, Native.Mpi.MPI_THREAD_MULTIPLE, out var provided), "MPI_Init_thread");
        MpiException.Check(Native.Mpi.MPI_Comm_set_errhandler(Native.Mpi.MPI_COMM_WORLD, Native.Mpi.MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");

        // mpiexec tells by this signal that a rank is gone, and the process would end by it. That ranks go is known without.
        _rankGone = PosixSignalRegistration.Create(RankGone, static context => context.Cancel = true);
        try
        {
            if (provided < Native.Mpi.MPI_THREAD_MULTIPLE)
                throw new MpiRefusedException("The MPI library does not allow calls from several threads: use one that was built with MPI_THREAD_MULTIPLE.");
            _peers = ExchangeCards();
        }
        catch (MpiRefusedException)
        {
            // All ranks find the same, so all end here.
            _ = Native.Mpi.MPI_Finalize();
            throw;
        }

        OpenWindow();
        WarmUp();
    }

    private MpiPeer[] ExchangeCards()
    {
        MpiException.Check(Native.Mpi.MPI_Comm_rank(Native.Mpi.MPI_COMM_WORLD, out _rank), "MPI_Comm_rank");
        MpiException.Check(Native.Mpi.MPI_Comm_size(Native.Mpi.MPI_COMM_WORLD, out var size), "MPI_Comm_size");
        if (WrongStart.FindFault(Environment.GetEnvironmentVariable, size) is { } fault)
            throw new MpiRefusedException(fault) { IsWrongStart = true };
        var own = RankCard.Of(_options, _layout);
        var cards = new RankCard[size];
        fixed (RankCard* all = cards)
        {
            var code = Native.Mpi.MPI_Allgather(
                &own, sizeof(RankCard), Native.Mpi.MPI_BYTE, all, sizeof(RankCard), Native.Mpi.MPI_BYTE, Native.Mpi.MPI_COMM_WORLD);
            MpiException.Check(code, "MPI_Allgather");
        }

        return RankCard.ToPeers(cards);
    }

    private void OpenWindow()
    {
        var code = Native.Mpi.MPI_Win_create(
            _address, (nint)_layout.FileBytes, 1, Native.Mpi.MPI_INFO_NULL, Native.Mpi.MPI_COMM_WORLD, out _window);
        MpiException.Check(code, "MPI_Win_create");
        MpiException.Check(Native.Mpi.MPI_Win_set_errhandler(_window, Native.Mpi.MPI_ERRORS_RETURN), "MPI_Win_set_errhandler");
        MpiException.Check(Native.Mpi.MPI_Win_lock_all(Native.Mpi.MPI_MODE_NOCHECK, _window), "MPI_Win_lock_all");
    }

    /// <summary>Reads a little of every other rank, so that connections are made now, and waits until all have done so.</summary>
    private void WarmUp()
    {
        var landing = (nint)NativeMemory.AlignedAlloc((nuint)(WarmUpBytes * _peers.Length), WarmUpBytes);
        var start = _time.GetTimestamp();
        foreach (var peer in _peers)
        {
            var request = BeginGet(landing + (peer.Rank * WarmUpBytes), WarmUpBytes, peer.Rank, 0);
            if (!Await(ref request, start, _options.StartTimeout))
                throw new MpiRefusedException($"{peer.Node} at MPI rank {peer.Rank} cannot be read by MPI: look at the network between the nodes.");
        }

        MpiException.Check(Native.Mpi.MPI_Ibarrier(Native.Mpi.MPI_COMM_WORLD, out var barrier), "MPI_Ibarrier");
        if (!Await(ref barrier, start, _options.StartTimeout))
            throw new MpiRefusedException("Not all MPI ranks could read all others: look at what they say.");
        NativeMemory.AlignedFree((void*)landing);
    }

    private bool Await(ref int request, long start, TimeSpan within)
    {
        // Others may read this rank's memory meanwhile, so it polls as ever.
        var policy = new PollPolicy(_options.ProgressBusyAbove, _options.ProgressPollsAfterWork);
        while (true)
        {
            var from = _time.GetTimestamp();
            if (HasEnded(ref request))
                return true;
            if (_givenUp || !_mayFinalize || _time.GetElapsedTime(start) >= within)
                return false;
            if (policy.RestsAfter(_time.GetElapsedTime(from)))
                Thread.Sleep(_options.ProgressRest);
        }
    }

    /// <summary>Other ranks' reads of this one's memory go on while it is here.</summary>
    private void Poll()
    {
        var policy = new PollPolicy(_options.ProgressBusyAbove, _options.ProgressPollsAfterWork);
        while (!_stop.Task.IsCompleted && !_givenUp)
        {
            // A thread that copies what has come does not poll meanwhile: now and then this one does.
            if (_ownPolls.Any)
                _ownPolls.AwaitEnd(_options.ProgressRest);
            var from = _time.GetTimestamp();

            // What it finds does not matter, nor that a rank has died: it moves what is under way.
            _ = Native.Mpi.MPI_Iprobe(Native.Mpi.MPI_ANY_SOURCE, Native.Mpi.MPI_ANY_TAG, Native.Mpi.MPI_COMM_WORLD, out _, Native.Mpi.MPI_STATUS_IGNORE);
            if (policy.RestsAfter(_time.GetElapsedTime(from)))
                Thread.Sleep(_options.ProgressRest);
        }
    }

    private MpiEnd End()
    {
        if (!_mayFinalize || _givenUp)
            return MpiEnd.LeftOpen;
        MpiException.Check(Native.Mpi.MPI_Ibarrier(Native.Mpi.MPI_COMM_WORLD, out var barrier), "MPI_Ibarrier");
        if (!Await(ref barrier, _time.GetTimestamp(), _stopWithin))
            return MpiEnd.LeftOpen;
        _agreed.SetResult();
        MpiException.Check(Native.Mpi.MPI_Win_unlock_all(_window), "MPI_Win_unlock_all");
        MpiException.Check(Native.Mpi.MPI_Win_free(ref _window), "MPI_Win_free");
        MpiException.Check(Native.Mpi.MPI_Finalize(), "MPI_Finalize");
        return MpiEnd.Finalized;
    }
}

using Cascade.Core.Fabric;
using Cascade.Tiers.Fabric;
using Cascade.Tiers.Native;

namespace Cascade.Tiers.Mpi;

/// <summary>A thread that brings pulls forward in turn, one piece of each at a time.</summary>
/// <remarks>It sleeps while there are none, and does not keep a core busy for ranks that hang: polls without news come farther apart after a while.</remarks>
internal sealed class MpiLane : IDisposable
{
    private const int NoteBytes = 256;

    // A small read that waits behind pieces of large ones comes within that. A thread that yields on a busy machine is away for milliseconds.
    private static readonly TimeSpan SmallSpinsFor = TimeSpan.FromMilliseconds(1);

    // Where more threads want to run than there are cores, one that polls in vain keeps those from it that send what it waits for: then it naps, if only for as long as a
    // full socket buffer takes to come. A poll that took longer than an empty one has moved something.
    private static readonly TimeSpan NapsAfter = TimeSpan.FromMicroseconds(30);
    private static readonly TimeSpan EmptyPoll = TimeSpan.FromMicroseconds(3);
    private static readonly TimeSpan Nap = TimeSpan.FromMicroseconds(20);

    // Longer than a piece takes by a slow network, shorter than anyone would mind losing a core for.
    private static readonly TimeSpan PollsFor = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LateInterval = TimeSpan.FromMilliseconds(5);

    private readonly Action<MpiPeer, string> _lose;
    private readonly PullGate _gate;
    private readonly LateGets _late;
    private readonly object _turn = new();
    private readonly List<MpiPull> _coming = [];
    private readonly List<MpiPull> _pulls = [];
    private readonly Thread _thread;
    private int _count;
    private bool _closed;
    private bool _polls;
    private volatile bool _givenUp;
    private long _lastNews;
    private long _lastWork;
    private long _lastLate;

    public MpiLane(MpiLaneShape shape, IRemoteMemory memory, Quarantine quarantine, PullGate gate, SmallPulls small, Action<MpiPeer, string> lose, TimeProvider time)
    {
        (Memory, Time, PiecesInFlight, Small, _gate, _lose) = (memory, time, shape.PiecesInFlight, small, gate, lose);
        IsSmall = shape.IsSmall;
        Notes = new BouncePool(NoteBytes, shape.PullsMax);
        Pieces = new BouncePool(shape.PieceBytes, shape.PullsMax * shape.PiecesInFlight);
        _late = new LateGets(memory, quarantine, lose);
        _thread = new Thread(Run) { IsBackground = true, Name = shape.Name };
    }

    public IRemoteMemory Memory { get; }

    public TimeProvider Time { get; }

    /// <summary>Reads that one pull has under way.</summary>
    public int PiecesInFlight { get; }

    /// <summary>True when its pulls give way to no others.</summary>
    public bool IsSmall { get; }

    /// <summary>What large pulls give way to.</summary>
    public SmallPulls Small { get; }

    /// <summary>What descriptors land in.</summary>
    public BouncePool Notes { get; }

    /// <summary>What bytes land in.</summary>
    public BouncePool Pieces { get; }

    /// <summary>Pulls that have not ended. Any thread.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Reads that outlived their pulls and may still come.</summary>
    public int LateCount => _late.Count;

    public void Start() => _thread.Start();

    /// <summary>Takes a pull that was let in by the gate; false when it is closed. Any thread.</summary>
    public bool TryAdd(MpiPull pull)
    {
        lock (_turn)
        {
            if (_closed)
                return false;
            _coming.Add(pull);
            Interlocked.Increment(ref _count);
            Monitor.Pulse(_turn);
            return true;
        }
    }

    /// <summary>Called by a pull as it ends.</summary>
    public void Leave()
    {
        Interlocked.Decrement(ref _count);
        _gate.Exit();
    }

    public void Abandon(in RemoteGet get, MpiPeer peer, bool isOverdue) => _late.Add(get, peer, isOverdue);

    public void Lose(MpiPeer peer, string reason) => _lose(peer, reason);

    /// <summary>Brings every pull forward by what can be done now; true when that was anything. The lane's thread, or a test in its place.</summary>
    public bool Turn()
    {
        lock (_turn)
        {
            _pulls.AddRange(_coming);
            _coming.Clear();
        }

        var moved = false;
        foreach (var pull in _pulls)
            moved |= pull.Step();
        if (moved)
            _pulls.RemoveAll(static pull => pull.HasEnded);
        if (_late.Count > 0 && Time.GetElapsedTime(_lastLate) >= LateInterval)
        {
            _late.Poll();
            _lastLate = Time.GetTimestamp();
        }

        return moved;
    }

    /// <summary>Ends the pulls and the thread, once late reads have come or the time given is over. True when all have come.</summary>
    public bool Close(TimeSpan within)
    {
        lock (_turn)
        {
            _closed = true;
            Monitor.Pulse(_turn);
        }

        if (_thread.Join(within))
            return true;
        _givenUp = true;
        _thread.Join(within);
        return false;
    }

    public void Dispose()
    {
        Notes.Dispose();
        Pieces.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            var from = Time.GetTimestamp();
            var moved = Turn();
            if (moved || Time.GetElapsedTime(from) > EmptyPoll)
                _lastWork = Time.GetTimestamp();
            if (moved)
            {
                _lastNews = _lastWork;
                SetPolls(true);
            }
            else if (IsClosed())
                EndAll();
            else if (_pulls.Count == 0)
                WaitForPulls();
            else
                Pause(Time.GetElapsedTime(_lastNews));
            if (_givenUp || (_pulls.Count == 0 && _late.Count == 0 && IsClosed()))
                break;
        }

        SetPolls(false);
    }

    private void Pause(TimeSpan sinceNews)
    {
        if (sinceNews >= PollsFor)
        {
            SetPolls(false);
            Thread.Sleep(Rest);
        }
        else if (!IsSmall && Time.GetElapsedTime(_lastWork) >= NapsAfter)
        {
            _ = Libc.nanosleep(new Libc.TimeSpec(0, (long)Nap.TotalNanoseconds), 0);
        }
        else if (!IsSmall || sinceNews >= SmallSpinsFor)
        {
            // The processor may be wanted by who sends what this thread waits for, or by the thread of small pulls.
            Thread.Yield();
        }
    }

    /// <summary>Small pulls are over before it would be worth telling.</summary>
    private void SetPolls(bool polls)
    {
        if (IsSmall || polls == _polls)
            return;
        _polls = polls;
        if (polls)
            Memory.BeginPolling();
        else
            Memory.EndPolling();
    }

    private bool IsClosed()
    {
        lock (_turn)
            return _closed && _coming.Count == 0;
    }

    private void EndAll()
    {
        foreach (var pull in _pulls)
            pull.End(PullResult.Unreachable("the fabric is closed"));
        _pulls.Clear();
        Thread.Sleep(Rest);
    }

    private void WaitForPulls()
    {
        SetPolls(false);
        lock (_turn)
        {
            if (_coming.Count == 0 && !_closed)
                Monitor.Wait(_turn, _late.Count > 0 ? LateInterval : Timeout.InfiniteTimeSpan);
        }

        _lastNews = _lastWork = Time.GetTimestamp();
    }
}

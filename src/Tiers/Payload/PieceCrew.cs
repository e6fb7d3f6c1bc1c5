using System.Globalization;
using System.Runtime.InteropServices;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;

namespace Cascade.Tiers.Payload;

/// <summary>Threads that hash and copy the pieces of one block together with the caller's.</summary>
internal sealed unsafe class PieceCrew : IDisposable
{
    /// <summary>Added to <see cref="_inside"/> while no job is open: far above any number of helpers.</summary>
    private const int Closed = 1 << 20;

    private readonly Lock _turn = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Thread[] _helpers;
    private volatile bool _stopping;

    /// <summary>Helpers at work on the open job; negative by <see cref="Closed"/> while there is none.</summary>
    private int _inside = -Closed;

    private byte* _source;
    private byte* _destination;
    private Blake3Plan _plan;
    private int _nextPiece;
    private byte* _chainingValues = (byte*)NativeMemory.Alloc(Blake3Plan.MaxPieces * Blake3Tree.ChainingValueBytes);

    public PieceCrew(int helpers)
    {
        _helpers = new Thread[helpers];
        for (var i = 0; i < helpers; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"cascade-hash-{i + 1}");
            _helpers[i] = new Thread(Help) { IsBackground = true, Name = name };
            _helpers[i].Start();
        }
    }

    /// <summary>Hashes and copies a block; false at once when the crew is busy with another one.</summary>
    public bool TryRun(byte* source, byte* destination, long lengthBytes, out BlockId id)
    {
        id = default;
        if (_stopping || !_turn.TryEnter())
            return false;
        try
        {
            Open(source, destination, lengthBytes);
            TakePieces();
            Close();
            Span<byte> digest = stackalloc byte[BlockId.SizeBytes];
            Blake3Tree.Combine(_plan, new Span<byte>(_chainingValues, _plan.ChainingValuesBytes), digest);
            id = new BlockId(digest);
            return true;
        }
        finally
        {
            _turn.Exit();
        }
    }

    public void Dispose()
    {
        _stopping = true;
        _wake.Release(_helpers.Length);
        foreach (var helper in _helpers)
            helper.Join();
        lock (_turn)
        {
            NativeMemory.Free(_chainingValues);
            _chainingValues = null;
        }

        _wake.Dispose();
    }

    private void Open(byte* source, byte* destination, long lengthBytes)
    {
        _source = source;
        _destination = destination;
        _plan = Blake3Tree.Plan((ulong)lengthBytes);
        _nextPiece = 0;
        Interlocked.Add(ref _inside, Closed);

        // A helper that slept through earlier jobs has wakes left over; adding to them would only make it spin later.
        var wakes = Math.Min(_helpers.Length, _plan.PieceCount - 1) - _wake.CurrentCount;
        if (wakes > 0)
            _wake.Release(wakes);
    }

    /// <summary>Shuts late helpers out and waits for those inside, which are each at their last piece.</summary>
    private void Close()
    {
        Interlocked.Add(ref _inside, -Closed);
        var spin = new SpinWait();
        while (Volatile.Read(ref _inside) > -Closed)
            spin.SpinOnce(sleep1Threshold: -1);
    }

    private void Help()
    {
        while (true)
        {
            _wake.Wait();
            if (_stopping)
                return;
            if (Interlocked.Increment(ref _inside) > 0)
                TakePieces();
            Interlocked.Decrement(ref _inside);
        }
    }

    private void TakePieces()
    {
        for (int piece; (piece = Interlocked.Increment(ref _nextPiece) - 1) < _plan.PieceCount;)
        {
            var offset = (long)_plan.PieceOffsetBytes(piece);
            var length = _plan.PieceLengthBytes(piece);
            Blake3Tree.HashPieceAndCopy(
                _plan,
                piece,
                new ReadOnlySpan<byte>(_source + offset, length),
                new Span<byte>(_destination + offset, length),
                new Span<byte>(_chainingValues + ((long)piece * Blake3Tree.ChainingValueBytes), Blake3Tree.ChainingValueBytes));
        }
    }
}

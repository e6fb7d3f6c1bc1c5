using System.Numerics;
using System.Runtime.InteropServices;

namespace Cascade.Tiers.Shm;

/// <summary>Counts who is reading the mapping, so that it is not taken away under a reader. Any thread; counters are apart by core.</summary>
internal sealed class ReaderGate
{
    private readonly Counter[] _inside = new Counter[BitOperations.RoundUpToPowerOf2((uint)Math.Min(Environment.ProcessorCount, 64))];
    private volatile bool _closed;

    /// <summary>Enters unless the gate is closed; who has entered leaves by <see cref="Exit"/> with the ticket.</summary>
    public bool TryEnter(out int ticket)
    {
        ticket = Thread.GetCurrentProcessorId() & (_inside.Length - 1);
        Interlocked.Increment(ref _inside[ticket].Count);
        if (!_closed)
            return true;
        Exit(ticket);
        return false;
    }

    public void Exit(int ticket) => Interlocked.Decrement(ref _inside[ticket].Count);

    /// <summary>Lets no further reader in and waits until those inside have left: they are within one look-up.</summary>
    public void Close()
    {
        _closed = true;
        Interlocked.MemoryBarrier();
        var wait = default(SpinWait);
        foreach (ref var counter in _inside.AsSpan())
        {
            while (Volatile.Read(ref counter.Count) != 0)
                wait.SpinOnce();
        }
    }

    // Two cache lines: the adjacent-line prefetcher pairs them.
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Counter
    {
        [FieldOffset(0)]
        public long Count;
    }
}

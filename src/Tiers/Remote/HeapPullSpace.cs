using System.Runtime.InteropServices;
using Cascade.Core.Messages;
using Cascade.Tiers.Cold;

namespace Cascade.Tiers.Remote;

/// <summary>Room in this process's own memory, for one that has no arena: a client. Bounded; one more block than fits is answered busy. Thread-safe.</summary>
public sealed unsafe class HeapPullSpace : IPullSpace
{
    // As in an arena.
    private const int Alignment = 4096;

    private readonly long _capacityBytes;
    private long _usedBytes;

    /// <summary>Takes no memory yet.</summary>
    /// <param name="capacityBytes">Most bytes that are taken at a time: more than 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not.</exception>
    public HeapPullSpace(long capacityBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacityBytes);
        _capacityBytes = capacityBytes;
    }

    /// <summary>Bytes that are taken now.</summary>
    public long UsedBytes => Volatile.Read(ref _usedBytes);

    /// <inheritdoc/>
    public Task<object> TakeAsync(long lengthBytes, TimeSpan timeout, RoomUse use, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (lengthBytes > _capacityBytes)
            return Task.FromResult<object>(new Refused($"A block of {lengthBytes} bytes does not fit: this process sets {_capacityBytes} bytes aside for blocks of nodes."));
        if (Interlocked.Add(ref _usedBytes, lengthBytes) <= _capacityBytes)
            return Task.FromResult<object>(new HeapPulledRoom(new HeapBytes(this, lengthBytes)));
        Interlocked.Add(ref _usedBytes, -lengthBytes);
        return Task.FromResult<object>(new Busy($"Less than {lengthBytes} of the {_capacityBytes} bytes are free that this process sets aside for blocks of nodes."));
    }

    /// <summary>Memory that is freed with its last reader, if nobody frees it before.</summary>
    private sealed class HeapBytes : SafeHandle
    {
        private readonly HeapPullSpace _space;
        private readonly long _lengthBytes;

        public HeapBytes(HeapPullSpace space, long lengthBytes)
            : base(0, ownsHandle: true)
        {
            (_space, _lengthBytes) = (space, lengthBytes);

            // Files are read in whole pages.
            SetHandle((nint)NativeMemory.AlignedAlloc((nuint)Pages.Padded(lengthBytes), Alignment));
        }

        public override bool IsInvalid => handle == 0;

        public nint Address => handle;

        protected override bool ReleaseHandle()
        {
            NativeMemory.AlignedFree((void*)handle);
            Interlocked.Add(ref _space._usedBytes, -_lengthBytes);
            return true;
        }
    }

    private sealed class HeapPulledRoom(HeapBytes bytes) : PulledRoom(bytes.Address, bytes)
    {
        /// <summary>The collector frees it when no reader can reach it any more, or the reader does by its dispose.</summary>
        internal override void Abandon()
        {
        }

        private protected override void Free() => bytes.Dispose();
    }
}

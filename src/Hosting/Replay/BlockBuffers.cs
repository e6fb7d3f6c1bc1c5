using System.Buffers;
using System.Runtime.InteropServices;

namespace Cascade.Hosting.Replay;

/// <summary>Equal buffers outside the managed heap, reserved once: contents to put make no garbage. Not thread-safe.</summary>
internal sealed unsafe class BlockBuffers : MemoryManager<byte>
{
    private const int PageBytes = 4096;

    private readonly int _bytesPerBlock;
    private readonly int _lengthBytes;
    private byte* _address;

    /// <summary>Reserves room for as many blocks as fit <paramref name="capacityBytes"/>, one at least.</summary>
    /// <param name="bytesPerBlock">1 byte to 1 GiB.</param>
    /// <param name="capacityBytes">At most 1 GiB.</param>
    public BlockBuffers(int bytesPerBlock, int capacityBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytesPerBlock);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytesPerBlock, 1 << 30);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacityBytes, 1 << 30);
        _bytesPerBlock = bytesPerBlock;
        Count = Math.Max(1, capacityBytes / bytesPerBlock);
        _lengthBytes = Count * bytesPerBlock;
        _address = (byte*)NativeMemory.AlignedAlloc((nuint)_lengthBytes, PageBytes);
    }

    /// <summary>How many buffers there are.</summary>
    public int Count { get; }

    /// <summary>One buffer.</summary>
    public Memory<byte> this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return CreateMemory(index * _bytesPerBlock, _bytesPerBlock);
        }
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(_address is null, this);
        return new Span<byte>(_address, _lengthBytes);
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ObjectDisposedException.ThrowIf(_address is null, this);
        return new MemoryHandle(_address + elementIndex);
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
        // The bytes are outside the managed heap: nothing was pinned.
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        NativeMemory.AlignedFree(_address);
        _address = null;
    }
}

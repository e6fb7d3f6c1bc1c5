using System.Runtime.InteropServices;

namespace Cascade.Tiers.Cold;

/// <summary>Native memory at a page boundary, zero at first. Freed when disposed: not while a transfer is under way.</summary>
internal sealed unsafe class AlignedMemory : IDisposable
{
    private void* _address;

    public AlignedMemory(long lengthBytes)
    {
        LengthBytes = lengthBytes;
        _address = NativeMemory.AlignedAlloc((nuint)lengthBytes, Pages.SizeBytes);
        NativeMemory.Clear(_address, (nuint)lengthBytes);
    }

    public nint Address => (nint)_address;

    public long LengthBytes { get; }

    /// <summary>A part of it, of at most 2 GiB.</summary>
    public Span<byte> Span(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, LengthBytes);
        return new Span<byte>((byte*)_address + offset, length);
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_address);
        _address = null;
    }
}

using System.Buffers;

namespace Cascade.Tiers.Fabric;

/// <summary>Memory outside the managed heap as calls that await want it. It owns nothing, and is used again for part after part.</summary>
internal sealed unsafe class MappedMemory : MemoryManager<byte>
{
    private byte* _address;
    private int _lengthBytes;

    /// <summary>From now on it stands for these bytes. Nothing may be under way with the ones before.</summary>
    public Memory<byte> At(nint address, int lengthBytes)
    {
        _address = (byte*)address;
        _lengthBytes = lengthBytes;
        return Memory;
    }

    public override Span<byte> GetSpan() => new(_address, _lengthBytes);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_address + elementIndex);

    public override void Unpin()
    {
        // The bytes are outside the managed heap: nothing was pinned.
    }

    protected override void Dispose(bool disposing)
    {
        // Whoever gave the address owns the memory.
    }
}

using System.Runtime.InteropServices;
using Cascade.Core.Fabric;

namespace Cascade.Ranks;

/// <summary>Memory to pull into, with a guard on either side.</summary>
internal sealed unsafe class Landing : IDisposable
{
    private const int GuardBytes = 4096;
    private const byte Guard = 0xC7;

    private readonly byte* _memory;
    private readonly int _length;

    public Landing(int length)
    {
        _length = length;
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)(length + (2 * GuardBytes)), GuardBytes);
        new Span<byte>(_memory, length + (2 * GuardBytes)).Fill(Guard);
    }

    public Span<byte> Bytes => new(_memory + GuardBytes, _length);

    public PullTarget Target => new((nint)_memory + GuardBytes, _length, this);

    /// <summary>Fails unless the bytes are these, and nothing beside them was written to.</summary>
    public void Require(ReadOnlySpan<byte> expected)
    {
        if (!Bytes.SequenceEqual(expected))
            throw new InvalidOperationException($"the {_length} bytes are not those of the block, from {Bytes.CommonPrefixLength(expected)} on");
        if (new Span<byte>(_memory, GuardBytes).ContainsAnyExcept(Guard) || new Span<byte>(_memory + GuardBytes + _length, GuardBytes).ContainsAnyExcept(Guard))
            throw new InvalidOperationException("something was written beside the target");
    }

    public void Dispose() => NativeMemory.AlignedFree(_memory);
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Cascade.Core.Hashing;

/// <summary>Where the bytes just hashed go while they are still in the nearest cache; the default value copies nothing.</summary>
internal readonly unsafe struct FusedCopy
{
    private readonly byte* _destination;

    /// <summary>Copies to <paramref name="destination"/>, as part of a transfer of <paramref name="totalBytes"/> in all.</summary>
    public FusedCopy(byte* destination, nuint totalBytes) => _destination = totalBytes == 0 ? null : destination;

    private FusedCopy(byte* destination) => _destination = destination;

    /// <summary>The same copy, for what lies <paramref name="bytes"/> further on.</summary>
    public FusedCopy Skip(nuint bytes) => _destination == null ? default : new FusedCopy(_destination + bytes);

    /// <summary>Copies a part to the head of the destination.</summary>
    public void Copy(byte* source, nuint lengthBytes)
    {
        if (_destination != null)
            Unsafe.CopyBlockUnaligned(_destination, source, (uint)lengthBytes);
    }

    /// <summary>To be called after the last part: orders the stores before all later ones.</summary>
    public void Complete()
    {
        if (_destination != null && X86Base.IsSupported)
            Sse.StoreFence();
    }
}

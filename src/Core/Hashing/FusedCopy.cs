using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cascade.Core.Hashing;

/// <summary>Where the bytes just hashed go while they are still in the nearest cache; the default value copies nothing.</summary>
/// <remarks>
/// A large transfer would only displace what the caches hold, and a plain store reads the line that it replaces: it is
/// written by whole lines past the caches.
/// </remarks>
internal readonly unsafe struct FusedCopy
{
    /// <summary>From here on a copy streams: what is smaller may be read again from a core's second-level cache.</summary>
    public const int StreamingBytes = 256 << 10;

    private const int LineBytes = 64;

    private readonly byte* _destination;
    private readonly bool _streaming;

    /// <summary>
    /// Copies to <paramref name="destination"/>, as part of a transfer of <paramref name="totalBytes"/> in all.
    /// </summary>
    public FusedCopy(byte* destination, nuint totalBytes)
        : this(totalBytes == 0 ? null : destination, totalBytes > StreamingBytes)
    {
    }

    private FusedCopy(byte* destination, bool streaming)
    {
        _destination = destination;
        _streaming = streaming;
    }

    /// <summary>
    /// The destination, when the kernel may stream whole lines to it while it hashes; else null, and <see cref="Copy"/> is due
    /// after.
    /// </summary>
    public byte* AlignedLines => _streaming && (nuint)_destination % LineBytes == 0 ? _destination : null;

    /// <summary>The same copy, for what lies <paramref name="bytes"/> further on.</summary>
    public FusedCopy Skip(nuint bytes) => _destination == null ? default : new FusedCopy(_destination + bytes, _streaming);

    /// <summary>Copies a part to the head of the destination.</summary>
    public void Copy(byte* source, nuint lengthBytes)
    {
        if (_destination == null)
            return;
        var headBytes = (0 - (nuint)_destination) % LineBytes;
        if (!_streaming || lengthBytes < headBytes + LineBytes)
        {
            Unsafe.CopyBlockUnaligned(_destination, source, (uint)lengthBytes);
            return;
        }
        var tailBytes = (lengthBytes - headBytes) % LineBytes;
        Unsafe.CopyBlockUnaligned(_destination, source, (uint)headBytes);
        StreamLines(source + headBytes, _destination + headBytes, lengthBytes - headBytes - tailBytes);
        Unsafe.CopyBlockUnaligned(_destination + lengthBytes - tailBytes, source + lengthBytes - tailBytes, (uint)tailBytes);
    }

    /// <summary>To be called after the last part: orders the streamed stores before all later ones.</summary>
    public void Complete()
    {
        if (_streaming && Sse.IsSupported)
            Sse.StoreFence();
    }

    private static void StreamLines(byte* source, byte* destination, nuint lengthBytes)
    {
        for (nuint at = 0; at < lengthBytes; at += LineBytes)
            StreamLine(source + at, destination + at);
    }

    /// <summary>Writes 64 bytes to an aligned line, past the caches.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StreamLine(byte* source, byte* line)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512.Load(source).StoreAlignedNonTemporal(line);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Vector256.Load(source).StoreAlignedNonTemporal(line);
            Vector256.Load(source + 32).StoreAlignedNonTemporal(line + 32);
        }
        else
        {
            Vector128.Load(source).StoreAlignedNonTemporal(line);
            Vector128.Load(source + 16).StoreAlignedNonTemporal(line + 16);
            Vector128.Load(source + 32).StoreAlignedNonTemporal(line + 32);
            Vector128.Load(source + 48).StoreAlignedNonTemporal(line + 48);
        }
    }
}

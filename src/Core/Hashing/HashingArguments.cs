namespace Cascade.Core.Hashing;

/// <summary>What every entry point requires of the spans it is given.</summary>
internal static class HashingArguments
{
    public static void RequireDigest(Span<byte> digest)
    {
        if (digest.Length < Blake3Spec.ChainingBytes)
            throw new ArgumentException(
                $"A digest takes {Blake3Spec.ChainingBytes} bytes and the span has {digest.Length}; pass a longer span.",
                nameof(digest));
    }

    public static void RequireSeparate(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (source.Length != destination.Length)
            throw new ArgumentException(
                $"The source has {source.Length} bytes and the destination {destination.Length}; pass spans of the same length.",
                nameof(destination));
        if (source.Overlaps(destination))
            throw new ArgumentException(
                "Source and destination overlap; pass separate memory, or hash without copying.", nameof(destination));
    }
}

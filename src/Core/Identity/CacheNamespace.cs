using System.Text;
using Cascade.Core.Hashing;

namespace Cascade.Core.Identity;

/// <summary>Keeps the keys of one tenant, model and layout apart from all others.</summary>
/// <remarks>Immutable and thread-safe. Inside, a key is the BLAKE3 digest over the namespace's length, the namespace and the key's bytes.</remarks>
public sealed class CacheNamespace
{
    /// <summary>Longest name, in bytes of UTF-8.</summary>
    public const int NameBytesMax = 256;

    /// <summary>Longest key, in bytes.</summary>
    public const int KeyBytesMax = 1024;

    private readonly byte[] _prefix;

    /// <summary>Names a namespace, for example <c>tenant/model/layout</c>.</summary>
    /// <exception cref="ArgumentException">The name is empty or longer than 256 bytes of UTF-8.</exception>
    public CacheNamespace(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var length = Encoding.UTF8.GetByteCount(name);
        if (length is 0 or > NameBytesMax)
            throw new ArgumentException($"A namespace is 1 to {NameBytesMax} bytes of UTF-8; this one has {length}.", nameof(name));
        Name = name;

        // The length comes first so that no two pairs of namespace and key run together to the same bytes.
        _prefix = new byte[2 + length];
        _prefix[0] = (byte)length;
        _prefix[1] = (byte)(length >> 8);
        Encoding.UTF8.GetBytes(name, _prefix.AsSpan(2));
    }

    /// <summary>The name as it was given.</summary>
    public string Name { get; }

    /// <summary>Makes a key that stands at the start of a prefix, or of which no prefix is known. Allocates nothing.</summary>
    /// <param name="key">1 to 1,024 opaque bytes, such as the serving engine's prefix-chain hash.</param>
    /// <exception cref="ArgumentException">The key is empty or longer than 1,024 bytes.</exception>
    public CacheKey Key(ReadOnlySpan<byte> key) => new(Digest(key), default, 0);

    /// <summary>Makes a key that goes on from <paramref name="parent"/>: the next block of its prefix. Allocates nothing.</summary>
    /// <param name="key">1 to 1,024 opaque bytes.</param>
    /// <param name="parent">The key one block earlier.</param>
    /// <exception cref="ArgumentException">The key is empty or longer than 1,024 bytes.</exception>
    public CacheKey Key(ReadOnlySpan<byte> key, CacheKey parent) => new(Digest(key), parent.Digest, parent.Depth + 1);

    private KeyDigest Digest(ReadOnlySpan<byte> key)
    {
        if (key.Length is 0 or > KeyBytesMax)
            throw new ArgumentException($"A key is 1 to {KeyBytesMax} bytes; this one has {key.Length}. Longer names have to be hashed by the caller.", nameof(key));
        Span<byte> input = stackalloc byte[2 + NameBytesMax + KeyBytesMax];
        Span<byte> digest = stackalloc byte[KeyDigest.SizeBytes];
        _prefix.CopyTo(input);
        key.CopyTo(input[_prefix.Length..]);
        Blake3.Hash(input[..(_prefix.Length + key.Length)], digest);
        return new KeyDigest(digest);
    }
}

namespace Cascade.Core.Identity;

/// <summary>A key inside its namespace, with its place in a prefix. Made by <see cref="CacheNamespace"/>.</summary>
/// <param name="Digest">What the key is inside the cache.</param>
/// <param name="Parent">Digest of the key one block earlier; zero when there is none.</param>
/// <param name="Depth">Blocks before this one in its prefix.</param>
public readonly record struct CacheKey(KeyDigest Digest, KeyDigest Parent, int Depth)
{
    /// <inheritdoc/>
    public override string ToString() => Digest.ToString();
}

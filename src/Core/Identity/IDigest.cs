namespace Cascade.Core.Identity;

/// <summary>A name that is a digest: its bits are uniform already and need no hashing of their own.</summary>
public interface IDigest
{
    /// <summary>The first eight bytes as a little-endian number: uniform, the same in every process.</summary>
    ulong Prefix64 { get; }
}

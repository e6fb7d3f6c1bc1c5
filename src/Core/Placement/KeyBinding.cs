using Cascade.Core.Clocks;
using Cascade.Core.Identity;

namespace Cascade.Core.Placement;

/// <summary>A key as it is bound to a block, with its place in a prefix chain.</summary>
/// <param name="Key">The key's digest.</param>
/// <param name="Parent">Digest of the key one block earlier in the prefix; zero when there is none or it is not known.</param>
/// <param name="Depth">Blocks before this one in its prefix; 0 for the first.</param>
/// <param name="Stamp">When it was bound: of two bindings of one key the later stamp holds.</param>
public readonly record struct KeyBinding(KeyDigest Key, KeyDigest Parent, int Depth, HybridTimestamp Stamp);

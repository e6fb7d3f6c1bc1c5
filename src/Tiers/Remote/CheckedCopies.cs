using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Placement;

namespace Cascade.Tiers.Remote;

/// <summary>Copies in mapped arenas whose bytes were found to be their blocks'. A fixed number of places; one more takes another's. Thread-safe.</summary>
internal sealed class CheckedCopies
{
    // 2^64 over the golden ratio.
    private const ulong Spread = 0x9E3779B97F4A7C15;

    private readonly Entry?[] _places;

    public CheckedCopies(int count) => _places = new Entry?[count];

    public bool Contains(NodeLife holder, BlockId id, in CopyLocation copy) =>
        Volatile.Read(ref PlaceOf(id, copy)) is { } entry && entry.Copy == copy && entry.Id == id && entry.Holder == holder;

    public void Add(NodeLife holder, BlockId id, in CopyLocation copy) => Volatile.Write(ref PlaceOf(id, copy), new Entry(holder, id, copy));

    private ref Entry? PlaceOf(BlockId id, in CopyLocation copy)
    {
        var mixed = (id.Prefix64 ^ ((ulong)copy.Node.Value << 32)) * Spread;
        return ref _places[(int)Math.BigMul(mixed, (ulong)_places.Length, out _)];
    }

    private sealed record Entry(NodeLife Holder, BlockId Id, CopyLocation Copy);
}

using Cascade.Core.Identity;
using Cascade.Core.Ownership;
using Cascade.Core.Placement;

namespace Cascade.Core.Tests.Ownership;

/// <summary>A directory in which a test says what is known.</summary>
internal sealed class KnownCopies(IEnumerable<CopyLocation> copies) : ICopyDirectory
{
    private readonly List<CopyLocation> _copies = [.. copies];

    public long Version { get; set; }

    public bool Complete { get; set; } = true;

    public HashSet<TierAddress> Unreported { get; } = [];

    public IReadOnlyList<CopyLocation> Copies => _copies;

    public void Read(BlockId id, List<CopyLocation> into) => into.AddRange(_copies);

    public void Add(BlockId id, in CopyLocation copy)
    {
        if (!_copies.Contains(copy))
            _copies.Add(copy);
    }

    public void Remove(BlockId id, in CopyLocation copy) => _copies.Remove(copy);

    public bool IsComplete(BlockId id) => Complete;

    public bool IsReported(BlockId id, TierAddress tier) => !Unreported.Contains(tier);
}

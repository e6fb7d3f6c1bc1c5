using Cascade.Core.Fabric;
using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Tiers.Cold;

namespace Cascade.Tiers.Tests.Fabric;

/// <summary>Memory to pull into, with a guard on either side that no pull may touch.</summary>
internal sealed class TargetMemory : IDisposable
{
    private const int GuardBytes = 4096;
    private const byte Guard = 0xC7;

    private readonly AlignedMemory _memory;
    private readonly int _length;

    public TargetMemory(int length)
    {
        _length = length;
        _memory = new AlignedMemory(length + (2 * GuardBytes));
        _memory.Span(0, GuardBytes).Fill(Guard);
        _memory.Span(GuardBytes + length, GuardBytes).Fill(Guard);
    }

    public Span<byte> Bytes => _memory.Span(GuardBytes, _length);

    public PullTarget Target => new(_memory.Address + GuardBytes, _length, this);

    public PullRequest Want(in CopyLocation copy, long skipBytes = 0, TimeSpan? timeout = null, bool withDigest = false, BlockId? block = null) =>
        new(copy, skipBytes, Target, timeout ?? TimeSpan.FromMinutes(1), withDigest, block);

    /// <summary>Fails the test unless the bytes are these, and nothing beside them was written to.</summary>
    public void AssertIs(ReadOnlySpan<byte> expected)
    {
        Assert.True(Bytes.SequenceEqual(expected), "The bytes are not those of the copy.");
        Assert.False(_memory.Span(0, GuardBytes).ContainsAnyExcept(Guard), "Something was written before the target.");
        Assert.False(_memory.Span(GuardBytes + _length, GuardBytes).ContainsAnyExcept(Guard), "Something was written behind the target.");
    }

    public void Dispose() => _memory.Dispose();
}

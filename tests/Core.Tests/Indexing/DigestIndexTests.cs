using System.Buffers.Binary;
using Cascade.Core.Identity;
using Cascade.Core.Indexing;

namespace Cascade.Core.Tests.Indexing;

public class DigestIndexTests
{
    /// <summary>How the prefixes of the digests under test are drawn; the rest of each digest is its number.</summary>
    public enum Prefixes
    {
        Uniform,
        AllEqual,
        EqualLowBits,
        EqualHighBits,
        FewNeighbours,
    }

    public static MatrixTheoryData<int, Prefixes> CapacitiesAndPrefixes => new([1, 2, 100, 1000], Enum.GetValues<Prefixes>());

    [Theory]
    [MemberData(nameof(CapacitiesAndPrefixes))]
    public void Index_after_any_operations_equals_a_dictionary(int capacity, Prefixes prefixes)
    {
        var seed = (capacity * 10) + (int)prefixes;
        var random = new Random(seed);
        var digests = Digests(prefixes, (capacity * 3 / 2) + 1, random);
        var model = new Dictionary<BlockId, int>();
        using var index = new DigestIndex<BlockId>(capacity);
        for (var step = 0; step < 20_000; step++)
        {
            var digest = digests[random.Next(digests.Length)];
            var full = model.Count == capacity && !model.ContainsKey(digest);

            // Rounds of growing and of shrinking, so that the table is seen full and empty.
            switch (random.Next(6) + (step / 2_000 % 2 * 2))
            {
                case 0 or 1 when !full:
                    Assert.Equal(model.TryAdd(digest, step), index.TryAdd(digest, step));
                    break;
                case 0 or 1:
                    Assert.Throws<InvalidOperationException>(() => index.TryAdd(digest, step));
                    break;
                case 2 when !full:
                    model[digest] = step;
                    index.Set(digest, step);
                    break;
                case 2:
                    Assert.Throws<InvalidOperationException>(() => index.Set(digest, step));
                    break;
                case 3 or 4:
                    break;
                case 5:
                    var expected = model.GetValueOrDefault(digest) + random.Next(2);
                    var removed = model.TryGetValue(digest, out var old) && old == expected && model.Remove(digest);
                    Assert.Equal(removed, index.Remove(digest, expected));
                    break;
                default:
                    Assert.Equal(model.Remove(digest), index.Remove(digest));
                    break;
            }

            var holds = model.TryGetValue(digest, out var value);
            Assert.Equal((holds, value, seed), (index.TryGet(digest, out var found), found, seed));
            Assert.Equal(model.Count, index.Count);
            if (step % 1_000 == 0)
                foreach (var each in digests)
                    Assert.Equal((model.TryGetValue(each, out value), value, seed), (index.TryGet(each, out found), found, seed));
        }
    }

    [Fact]
    public void Index_full_refuses_a_new_digest_and_still_sets_an_old_one()
    {
        var digests = Digests(Prefixes.Uniform, 4, new Random(1));
        using var index = new DigestIndex<BlockId>(3);
        for (var i = 0; i < 3; i++)
            Assert.True(index.TryAdd(digests[i], i));
        Assert.Throws<InvalidOperationException>(() => index.TryAdd(digests[3], 3));
        Assert.False(index.TryAdd(digests[0], 9));
        index.Set(digests[0], 7);
        Assert.Equal((3, 3), (index.Count, index.Capacity));
        Assert.True(index.TryGet(digests[0], out var value));
        Assert.Equal(7, value);
    }

    [Fact]
    public void Index_tells_digests_apart_by_their_last_byte()
    {
        Span<byte> bytes = stackalloc byte[KeyDigest.SizeBytes];
        var zero = new KeyDigest(bytes);
        bytes[^1] = 1;
        var one = new KeyDigest(bytes);
        using var index = new DigestIndex<KeyDigest>(10);
        Assert.False(index.TryGet(zero, out _));
        Assert.True(index.TryAdd(zero, -5));
        Assert.False(index.TryGet(one, out _));
        Assert.True(index.TryGet(zero, out var value));
        Assert.Equal(-5, value);
        Assert.False(index.Remove(one));
        Assert.False(index.Remove(zero, 5));
        Assert.True(index.Remove(zero, -5));
        Assert.Equal(0, index.Count);
    }

    [Fact]
    public void Index_in_use_allocates_nothing_on_the_managed_heap()
    {
        var digests = Digests(Prefixes.Uniform, 500, new Random(2));
        using var index = new DigestIndex<BlockId>(500);
        Churn(index, digests);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Churn(index, digests);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1_000_000_001)]
    public void Constructor_capacity_out_of_range_throws(int capacity) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new DigestIndex<BlockId>(capacity));

    [Fact]
    public void Index_disposed_refuses_every_use()
    {
        var index = new DigestIndex<BlockId>(1);
        index.Dispose();
        index.Dispose();
        Assert.Throws<ObjectDisposedException>(() => index.TryGet(default, out _));
        Assert.Throws<ObjectDisposedException>(() => index.TryAdd(default, 1));
        Assert.Throws<ObjectDisposedException>(() => index.Set(default, 1));
        Assert.Throws<ObjectDisposedException>(() => index.Remove(default));
        Assert.Throws<ObjectDisposedException>(() => index.Remove(default, 1));
    }

    private static void Churn(DigestIndex<BlockId> index, BlockId[] digests)
    {
        for (var i = 0; i < digests.Length; i++)
            index.TryAdd(digests[i], i);
        for (var i = 0; i < digests.Length; i++)
            index.Set(digests[i], -i);
        for (var i = 0; i < digests.Length; i++)
            if (index.TryGet(digests[i], out var value))
                index.Remove(digests[i], value);
    }

    private static BlockId[] Digests(Prefixes prefixes, int count, Random random)
    {
        var digests = new BlockId[count];
        var bytes = new byte[BlockId.SizeBytes];
        for (var i = 0; i < count; i++)
        {
            var drawn = (ulong)random.NextInt64();
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, prefixes switch
            {
                Prefixes.Uniform => drawn,
                Prefixes.AllEqual => 42,
                Prefixes.EqualLowBits => drawn << 32,
                Prefixes.EqualHighBits => drawn >> 43,
                _ => drawn % 3,
            });
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(28), i);
            digests[i] = new BlockId(bytes);
        }

        return digests;
    }
}

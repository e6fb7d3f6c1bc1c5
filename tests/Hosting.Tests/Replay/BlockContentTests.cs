using Cascade.Hosting.Replay;

namespace Cascade.Hosting.Tests.Replay;

public sealed class BlockContentTests
{
    /// <summary>Every length around the first rounds of 256 bytes, then some around the stretches of 4 KiB, and large.</summary>
    private static readonly int[] Sizes = [.. Enumerable.Range(1, 600), 4095, 4096, 4097, 8192 + 255, 65_536, 1_000_003];

    [Fact]
    public void Content_of_every_size_matches_its_own_id_and_no_other()
    {
        foreach (var size in Sizes)
        {
            var bytes = Content(42, size);
            Assert.True(BlockContent.Matches(42, bytes), $"size {size}");
            Assert.Equal(0, BlockContent.CountDifferences(42, bytes));
            if (size >= 8)
                Assert.False(BlockContent.Matches(43, bytes), $"size {size}");
        }
    }

    [Fact]
    public void A_flipped_bit_is_found_wherever_it_is()
    {
        foreach (var size in (int[])[1, 7, 255, 256, 257, 511, 4096 + 260])
        {
            var bytes = Content(7, size);
            for (var i = 0; i < size; i++)
            {
                bytes[i] ^= (byte)(1 << (i % 8));
                Assert.False(BlockContent.Matches(7, bytes), $"size {size}, byte {i}");
                Assert.Equal(1, BlockContent.CountDifferences(7, bytes));
                bytes[i] ^= (byte)(1 << (i % 8));
            }
        }
    }

    [Fact]
    public void A_flipped_bit_is_found_in_large_content()
    {
        const int Size = 1 << 20;
        var bytes = Content(9, Size);
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            var at = random.Next(Size);
            bytes[at] ^= 0x80;
            Assert.False(BlockContent.Matches(9, bytes), $"byte {at}");
            bytes[at] ^= 0x80;
        }

        Assert.True(BlockContent.Matches(9, bytes));
    }

    [Fact]
    public void Fill_writes_nothing_past_the_end()
    {
        foreach (var size in Enumerable.Range(0, 600))
        {
            var bytes = new byte[size + 64];
            BlockContent.Fill(5, bytes.AsSpan(0, size));
            Assert.Equal(-1, bytes.AsSpan(size).IndexOfAnyExcept((byte)0));
        }
    }

    [Fact]
    public void A_shorter_block_is_the_head_of_a_longer_one()
    {
        var whole = Content(11, 5000);
        foreach (var size in Sizes.Where(size => size <= whole.Length))
            Assert.True(Content(11, size).AsSpan().SequenceEqual(whole.AsSpan(0, size)), $"size {size}");
    }

    /// <summary>The content is the same on every machine: the words are worked out here one by one from the definition.</summary>
    [Fact]
    public void Content_is_thirty_two_xorshift_generators_side_by_side()
    {
        var expected = new byte[2048];
        for (var lane = 0; lane < 32; lane++)
        {
            var state = SplitMix64.Mix(SplitMix64.Mix(3 + 1) + (ulong)lane);
            for (var round = 0; round < 8; round++)
            {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                BitConverter.TryWriteBytes(expected.AsSpan((round * 256) + (lane * 8)), state);
            }
        }

        Assert.Equal(expected, Content(3, 2048));
    }

    [Fact]
    public void Contents_of_neighbouring_ids_have_no_word_in_common()
    {
        var words = new HashSet<long>();
        for (ulong id = 0; id < 64; id++)
        {
            var bytes = Content(id, 4096);
            for (var i = 0; i < bytes.Length; i += 8)
                Assert.True(words.Add(BitConverter.ToInt64(bytes, i)), $"id {id}, byte {i}");
        }
    }

    [Fact]
    public void Filling_and_comparing_allocate_nothing()
    {
        var bytes = Content(1, 10_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (ulong id = 0; id < 100; id++)
        {
            BlockContent.Fill(id, bytes);
            if (!BlockContent.Matches(id, bytes) || BlockContent.CountDifferences(id, bytes) != 0)
                throw new InvalidOperationException($"id {id}");
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static byte[] Content(ulong id, int size)
    {
        var bytes = new byte[size];
        BlockContent.Fill(id, bytes);
        return bytes;
    }
}

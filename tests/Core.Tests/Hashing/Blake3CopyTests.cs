using Cascade.Core.Hashing;

namespace Cascade.Core.Tests.Hashing;

public sealed class Blake3CopyTests
{
    private const int GuardBytes = 128;
    private const byte Guard = 0xA5;

    [Theory]
    [MemberData(nameof(HashPaths.All), MemberType = typeof(HashPaths))]
    public void HashAndCopy_copies_every_byte_and_nothing_else(string pathName)
    {
        var path = HashPaths.Require(pathName);
        var random = new Random(7);
        var bytes = HashSamples.Random((2 << 20) + 64, seed: 8);
        var room = GC.AllocateUninitializedArray<byte>(bytes.Length + 2 * GuardBytes + 64, pinned: true);
        foreach (var length in HashSamples.EdgeLengths)
        {
            foreach (var misalignment in new[] { 0, 1, 63 })
            {
                var source = bytes.AsSpan(random.Next(64), length);
                var start = AlignedStart(room) + misalignment;
                CheckCopy(path, source, room, start);
            }
        }
    }

    [Fact]
    public void HashAndCopy_to_another_length_throws()
    {
        var error = Assert.Throws<ArgumentException>(() => Blake3.HashAndCopy(new byte[10], new byte[9], new byte[32]));
        Assert.Equal("destination", error.ParamName);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(99)]
    public void HashAndCopy_onto_itself_throws(int offset)
    {
        var bytes = new byte[200];
        Assert.Throws<ArgumentException>(() => Blake3.HashAndCopy(bytes.AsSpan(0, 100), bytes.AsSpan(offset, 100), new byte[32]));
    }

    private static void CheckCopy(SimdPath path, ReadOnlySpan<byte> source, byte[] room, int start)
    {
        Span<byte> digest = stackalloc byte[Blake3.DigestBytes];
        var guarded = room.AsSpan(start - GuardBytes, source.Length + 2 * GuardBytes);
        guarded.Fill(Guard);
        Blake3.HashAndCopy(path, source, room.AsSpan(start, source.Length), digest);
        var at = $"{source.Length} bytes to alignment {start % 64}";
        Assert.Equal((at, HashSamples.Digest(path, source)), (at, Convert.ToHexStringLower(digest)));
        Assert.True(source.SequenceEqual(guarded.Slice(GuardBytes, source.Length)), $"{at}: the copy differs");
        Assert.False(guarded[..GuardBytes].ContainsAnyExcept(Guard), $"{at}: bytes before the destination were written");
        Assert.False(guarded[^GuardBytes..].ContainsAnyExcept(Guard), $"{at}: bytes after the destination were written");
    }

    /// <summary>The first index after the guard whose address is a multiple of 64.</summary>
    private static unsafe int AlignedStart(byte[] pinned)
    {
        fixed (byte* address = &pinned[GuardBytes])
            return GuardBytes + (int)((0 - (nuint)address) % 64);
    }
}

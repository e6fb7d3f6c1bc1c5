using System.Text;
using Cascade.Core.Log;

namespace Cascade.Core.Tests.Log;

public class Crc32CTests
{
    [Theory]
    [InlineData("", 0x00000000u)]
    [InlineData("a", 0xC1D04330u)]
    [InlineData("123456789", 0xE3069283u)]
    public void Of_known_text_is_its_published_value(string text, uint expected) =>
        Assert.Equal(expected, Crc32C.Of(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Of_the_vectors_of_RFC_3720_is_their_value()
    {
        Assert.Equal(0x8A9136AAu, Crc32C.Of(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Of([.. Enumerable.Repeat((byte)0xFF, 32)]));
        Assert.Equal(0x46DD794Eu, Crc32C.Of([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
        Assert.Equal(0x113FDB5Cu, Crc32C.Of([.. Enumerable.Range(0, 32).Select(i => (byte)(31 - i))]));
    }

    [Fact]
    public void Append_of_parts_equals_the_whole_at_every_cut()
    {
        var bytes = new byte[100];
        new Random(3).NextBytes(bytes);
        for (var cut = 0; cut <= bytes.Length; cut++)
            Assert.Equal(Crc32C.Of(bytes), ~Crc32C.Append(Crc32C.Append(uint.MaxValue, bytes.AsSpan(0, cut)), bytes.AsSpan(cut)));
    }
}

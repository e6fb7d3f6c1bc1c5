using Cascade.Hosting.Cli.Fleet;

namespace Cascade.Hosting.Tests.Cli.Fleet;

public sealed class LineCutterTests
{
    private readonly List<string> _lines = [];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void Lines_are_the_same_however_the_characters_come(int pieceLength)
    {
        var cutter = new LineCutter(_lines.Add);
        foreach (var piece in "one\n\r\ntwo\r\n\nlast".Chunk(pieceLength))
            cutter.Add(piece);
        Assert.Equal(["one", "", "two", ""], _lines);
        cutter.End();
        Assert.Equal("last", _lines[^1]);
        cutter.End();
        Assert.Equal(5, _lines.Count);
    }

    [Fact]
    public void Line_that_is_too_long_is_cut_and_what_is_missing_is_counted()
    {
        var cutter = new LineCutter(_lines.Add);
        var whole = new string('a', LineCutter.CharactersMax);
        cutter.Add(whole);
        cutter.Add("\n");
        cutter.Add(whole);
        cutter.Add("bcd");
        cutter.Add("e\nnext\n");
        Assert.Equal([whole, $"{whole} ... (4 characters left out)", "next"], _lines);
    }
}

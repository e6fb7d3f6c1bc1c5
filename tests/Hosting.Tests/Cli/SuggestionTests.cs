using Cascade.Hosting.Cli;

namespace Cascade.Hosting.Tests.Cli;

public sealed class SuggestionTests
{
    private static readonly string[] Verbs = ["replay", "bench", "inspect", "node"];

    [Theory]
    [InlineData("repaly", "replay")]
    [InlineData("replya", "replay")]
    [InlineData("bensch", "bench")]
    [InlineData("inspct", "inspect")]
    [InlineData("nod", "node")]
    [InlineData("fly", null)]
    [InlineData("", null)]
    public void The_nearest_name_is_meant_when_it_is_near(string typed, string? meant) => Assert.Equal(meant, Suggestion.For(typed, Verbs));

    [Fact]
    public void Nothing_is_meant_where_there_are_no_names() => Assert.Null(Suggestion.For("x", []));

    [Theory]
    [InlineData("", "abc", 3)]
    [InlineData("abc", "abc", 0)]
    [InlineData("abcd", "acbd", 1)]
    [InlineData("kitten", "sitting", 3)]
    public void Distance_counts_edits(string a, string b, int distance) => Assert.Equal(distance, Suggestion.Distance(a, b));
}

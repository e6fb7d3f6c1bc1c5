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

    [Fact]
    public void Nothing_is_meant_by_an_endless_word() => Assert.Null(Suggestion.For(new string('x', 100_000), [new string('x', 99_999)]));
}

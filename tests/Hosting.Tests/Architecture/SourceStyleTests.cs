namespace Cascade.Hosting.Tests.Architecture;

public sealed class SourceStyleTests
{
    private const int LinesMax = 300;

    [Fact]
    public void No_source_file_is_longer_than_an_idea()
    {
        var tooLong = Repository.SourceFiles("src", "tests")
            .Select(file => (Name: Path.GetRelativePath(Repository.Root, file), Lines: File.ReadLines(file).Count()))
            .Where(file => file.Lines > LinesMax)
            .Select(file => $"{file.Name} has {file.Lines} lines; split it by idea ({LinesMax} at most)");
        Assert.Empty(tooLong);
    }

    [Fact]
    public void Namespace_follows_the_folder_outside_of_the_engine_and_the_embedding_interface()
    {
        var offenders =
            from file in Repository.SourceFiles("src")
            let relative = Path.GetRelativePath(Path.Combine(Repository.Root, "src"), file)
            let folders = Path.GetDirectoryName(relative)!.Split(Path.DirectorySeparatorChar)
            let declared = File.ReadLines(file).FirstOrDefault(l => l.StartsWith("namespace ", StringComparison.Ordinal))
            where declared is not null
            let expected = $"namespace Cascade.{string.Join('.', folders)};"
            let whole = $"namespace Cascade.{folders[0]};"
            where declared != expected && !(declared == whole && (folders[0] == "Actors" || relative.StartsWith("Hosting/Embedding", StringComparison.Ordinal)))
            select $"{relative} says '{declared}', its folder says '{expected}'";
        Assert.Empty(offenders);
    }
}

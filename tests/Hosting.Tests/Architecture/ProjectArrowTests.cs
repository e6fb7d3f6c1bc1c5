using System.Reflection;
using System.Runtime.InteropServices;
using System.Xml.Linq;

namespace Cascade.Hosting.Tests.Architecture;

public sealed class ProjectArrowTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Core"] = [],
        ["Actors"] = ["Core"],
        ["Tiers"] = ["Actors", "Core"],
        ["Cluster"] = ["Actors", "Core"],
        ["Hosting"] = ["Actors", "Cluster", "Core", "Tiers"],
    };

    public static TheoryData<string> Projects => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_references_only_what_the_design_allows(string project)
    {
        var file = XDocument.Load(Path.Combine(Repository.Root, "src", project, $"Cascade.{project}.csproj"));
        var references = file.Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value)["Cascade.".Length..]);
        Assert.Equal(Allowed[project], references.Order());
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Assembly_uses_only_what_the_design_allows(string project)
    {
        var used = Load(project).GetReferencedAssemblies()
            .Select(a => a.Name!)
            .Where(name => name.StartsWith("Cascade.", StringComparison.Ordinal))
            .Select(name => name["Cascade.".Length..]);
        Assert.Subset(Allowed[project].ToHashSet(), used.ToHashSet());
    }

    [Fact]
    public void Native_calls_are_declared_in_one_folder_only()
    {
        var offenders = Allowed.Keys
            .SelectMany(project => Load(project).GetTypes())
            .Where(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
                .Any(m => m.GetCustomAttribute<DllImportAttribute>() is not null))
            .Where(type => type.Namespace != "Cascade.Tiers.Native")
            .Select(type => type.FullName);
        Assert.Empty(offenders);
    }

    [Fact]
    public void Solution_holds_every_project_of_the_tree()
    {
        var solution = File.ReadAllText(Path.Combine(Repository.Root, "Cascade.Actors.sln")).Replace('\\', '/');
        var missing = Directory.EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Repository.Root, path))
            .Where(path => !solution.Contains(path, StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    private static Assembly Load(string project) => Assembly.Load(project == "Hosting" ? "cascade" : $"Cascade.{project}");
}

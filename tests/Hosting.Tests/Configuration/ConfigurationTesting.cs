using Cascade.Hosting.Configuration;
using Cascade.Hosting.Configuration.Hocon;

namespace Cascade.Hosting.Tests.Configuration;

/// <summary>Loads a node's configuration from literal layers.</summary>
internal static class ConfigurationTesting
{
    public const int Processors = 6;

    public static CascadeConfiguration Load(string? file = null, (string Name, string Value)[]? environment = null, params string[] overrides)
    {
        using var written = new TemporaryFile(file);
        return CascadeConfiguration.Load(Sources(written.Path, environment, overrides));
    }

    /// <summary>The messages of a configuration that does not load, with the file called <c>user.conf</c>.</summary>
    public static string[] Errors(string? file = null, (string Name, string Value)[]? environment = null, params string[] overrides)
    {
        using var written = new TemporaryFile(file);
        var exception = Assert.Throws<ConfigurationException>(() => CascadeConfiguration.Load(Sources(written.Path, environment, overrides)));
        return [.. exception.Messages.Select(message => written.Path is { } path ? message.Replace(path, "user.conf", StringComparison.Ordinal) : message)];
    }

    public static CascadeConfiguration LoadReference(string text) =>
        CascadeConfiguration.Load(Sources(null, null, []), new SourceText(OriginKind.Reference, "reference.conf", text));

    public static HoconObject Reference() => HoconTree.Resolve([HoconTree.Parse(ReferenceSource.Read())], _ => null);

    private static ConfigurationSources Sources(string? path, (string Name, string Value)[]? environment, string[] overrides) => new()
    {
        FilePath = path,
        Environment = (environment ?? []).ToDictionary(variable => variable.Name, variable => variable.Value),
        Overrides = overrides,
        ProcessorCount = Processors,
    };
}

internal sealed class TemporaryFile : IDisposable
{
    public TemporaryFile(string? text)
    {
        if (text is null)
            return;
        Path = System.IO.Path.GetTempFileName();
        File.WriteAllText(Path, text);
    }

    public string? Path { get; }

    public void Dispose()
    {
        if (Path is not null)
            File.Delete(Path);
    }
}

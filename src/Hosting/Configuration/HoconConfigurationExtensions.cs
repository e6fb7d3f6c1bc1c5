using Cascade.Hosting.Configuration.Hocon;
using Microsoft.Extensions.Configuration;

namespace Cascade.Hosting.Configuration;

/// <summary>
/// HOCON as a source of <see cref="IConfiguration"/>. Objects become <c>a:b:c</c>, elements of arrays <c>a:0</c>. Each source
/// resolves its substitutions by itself, and in the environment of the process.
/// </summary>
public static class HoconConfigurationExtensions
{
    /// <summary>
    /// Adds a HOCON file. A relative path starts at the current directory. Building throws <see cref="HoconException"/> when
    /// the file is malformed.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="path">The file.</param>
    /// <param name="optional">Whether it may be missing.</param>
    /// <exception cref="FileNotFoundException">On building, when the file is missing and not optional.</exception>
    public static IConfigurationBuilder AddHoconFile(this IConfigurationBuilder builder, string path, bool optional = false) =>
        Add(builder, () => HoconFile.TryRead(path, OriginKind.File, HoconLimits.Default) switch
        {
            { } source => Resolve(source),
            null when optional => null,
            null => throw new FileNotFoundException(
                $"The configuration file '{path}' does not exist; create it, or make it optional.", path),
        });

    /// <summary>Adds HOCON text. Building throws <see cref="HoconException"/> when it is malformed.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="text">The text.</param>
    /// <param name="name">What errors call it.</param>
    public static IConfigurationBuilder AddHoconString(this IConfigurationBuilder builder, string text, string name = "text") =>
        Add(builder, () => Resolve(new SourceText(OriginKind.File, name, text)));

    /// <summary>Adds the defaults that are built into the program.</summary>
    public static IConfigurationBuilder AddHoconReference(this IConfigurationBuilder builder) =>
        Add(builder, () => Resolve(ReferenceSource.Read()));

    /// <summary>Adds a configuration that has been loaded and checked, all its layers merged.</summary>
    public static IConfigurationBuilder AddCascade(this IConfigurationBuilder builder, CascadeConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return Add(builder, () => configuration.Values);
    }

    private static IConfigurationBuilder Add(IConfigurationBuilder builder, Func<HoconObject?> load)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HoconConfigurationSource(load));
    }

    private static HoconObject Resolve(SourceText source) =>
        HoconTree.Resolve([HoconTree.Parse(source)], Environment.GetEnvironmentVariable);
}

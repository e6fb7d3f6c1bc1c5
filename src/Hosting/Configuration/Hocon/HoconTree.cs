namespace Cascade.Hosting.Configuration.Hocon;

/// <summary>The whole way from text to values, for one text or several layers.</summary>
internal static class HoconTree
{
    /// <summary>Parses text into a layer.</summary>
    /// <exception cref="HoconException">The text is malformed.</exception>
    public static ObjectNode Parse(SourceText source, HoconLimits? limits = null) =>
        new IncludeReader(limits ?? HoconLimits.Default).ParseObject(source, []);

    /// <summary>Resolves layers merged in order, the strongest last. The layers must not be used afterwards.</summary>
    /// <exception cref="HoconException">Substitutions that have no value.</exception>
    public static HoconObject Resolve(
        IEnumerable<ObjectNode> layers, Func<string, string?> environment, HoconLimits? limits = null)
    {
        var root = new ObjectNode(default);
        foreach (var layer in layers)
            root.MergeFrom(layer);
        return Resolver.Resolve(root, limits ?? HoconLimits.Default, environment);
    }
}

using System.Globalization;
using Cascade.Hosting.Configuration.Hocon;

namespace Cascade.Hosting.Configuration;

/// <summary>
/// Settings from environment variables: <c>CASCADE__TIERS__SHM__PRE_FAULT</c> is <c>cascade.tiers.shm.pre-fault</c>. Two
/// underscores separate keys; within a key case, single underscores and dashes do not matter. Values are taken as they are.
/// </summary>
internal static class EnvironmentLayer
{
    private const string Separator = "__";
    private const string Prefix = "CASCADE" + Separator;

    public static ObjectNode Read(IReadOnlyDictionary<string, string> environment, KnownKeys known, ConfigurationErrors errors)
    {
        var layer = new ObjectNode(default);
        var setBy = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, text) in environment.OrderBy(variable => variable.Key, StringComparer.Ordinal))
        {
            if (!name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
                continue;
            var origin = new Origin(OriginKind.Environment, name, 1, 1);
            if (FindPath(name, known.Reference) is not { } path)
                errors.Add(origin, $"no such key{known.Advice(LikelyPath(name), NameOf)}");
            else if (known.Reference.Find(path)?.Value is HoconObject)
                errors.Add(origin, $"'{HoconText.Path(path)}' is a section; name one of its keys.");
            else if (!setBy.TryAdd(HoconText.Path(path), name))
                errors.Add(origin, $"sets the same key as {setBy[HoconText.Path(path)]}; unset one of them.");
            else
                Set(layer, path, new HoconScalar(origin, HoconKind.String, text), origin);
        }
        return layer;
    }

    private static void Set(ObjectNode node, string[] path, HoconScalar value, Origin origin)
    {
        foreach (var key in path.SkipLast(1))
            node = node.Descend(key, origin);
        node.Add(path[^1], new FieldEntry(value, origin));
    }

    /// <summary>The path in the reference that the name spells; null when there is none.</summary>
    private static string[]? FindPath(string name, HoconObject reference)
    {
        var path = new List<string>();
        HoconValue? value = reference;
        foreach (var segment in name.Split(Separator))
        {
            var field = (value as HoconObject)?.Fields.FirstOrDefault(field => Normalize(field.Key) == Normalize(segment));
            if (field is null)
                return null;
            path.Add(field.Key);
            value = field.Value;
        }
        return [.. path];
    }

    /// <summary>Case, dashes and underscores taken out: what both spellings of a key have in common.</summary>
    internal static string Normalize(string key) =>
        key.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();

    private static string LikelyPath(string name) =>
        name.Replace(Separator, ".", StringComparison.Ordinal).Replace('_', '-').ToLower(CultureInfo.InvariantCulture);

    private static string NameOf(string path) =>
        path.Replace(".", Separator, StringComparison.Ordinal).Replace('-', '_').ToUpperInvariant();
}

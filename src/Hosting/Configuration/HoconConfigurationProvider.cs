using System.Globalization;
using Cascade.Hosting.Configuration.Hocon;
using Microsoft.Extensions.Configuration;

namespace Cascade.Hosting.Configuration;

internal sealed class HoconConfigurationSource(Func<HoconObject?> load) : IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder) => new HoconConfigurationProvider(load);
}

/// <summary>Flattens a HOCON tree. A null stays null, an empty array is the empty string, an empty object null.</summary>
internal sealed class HoconConfigurationProvider(Func<HoconObject?> load) : ConfigurationProvider
{
    public override void Load()
    {
        var data = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        if (load() is { } root)
            AddFields(data, root, null);
        Data = data;
    }

    private static void AddFields(Dictionary<string, string?> data, HoconObject node, string? path)
    {
        foreach (var field in node.Fields)
            Add(data, field.Value, path is null ? field.Key : ConfigurationPath.Combine(path, field.Key), field.KeyOrigin);
    }

    private static void Add(Dictionary<string, string?> data, HoconValue value, string path, Origin origin)
    {
        switch (value)
        {
            case HoconObject { Fields.Count: > 0 } node:
                AddFields(data, node, path);
                return;
            case HoconArray { Elements.Count: > 0 } array:
                for (var i = 0; i < array.Elements.Count; i++)
                    Add(data, array.Elements[i], string.Create(CultureInfo.InvariantCulture, $"{path}:{i}"), origin);
                return;
        }
        var text = value switch
        {
            HoconScalar { Kind: not HoconKind.Null } scalar => scalar.Text,
            HoconArray => "",
            _ => null,
        };
        if (!data.TryAdd(path, text))
            throw new HoconException(
                origin,
                $"the key '{path}' is there twice once upper and lower case count the same; rename one.");
    }
}

using Cascade.Hosting.Configuration.Hocon;

namespace Cascade.Hosting.Configuration;

/// <summary>The keys that exist: those of the reference. Finds the others, and what they were meant to be.</summary>
internal sealed class KnownKeys
{
    private const int DistanceMax = 3;

    /// <summary>Longer keys are nobody's typing mistake, and comparing costs the square of the length.</summary>
    private const int ComparedLengthMax = 128;

    private readonly string[] _paths;
    private readonly HashSet<Origin> _reported = [];

    public KnownKeys(HoconObject reference)
    {
        Reference = reference;
        _paths = [.. Paths(reference, []).Select(path => HoconText.Path(path))];
    }

    public HoconObject Reference { get; }

    /// <summary>The paths of all values, sections left out.</summary>
    public static IEnumerable<string[]> Leaves(HoconObject values) =>
        Paths(values, []).Where(path => values.Find(path)!.Value is not HoconObject);

    /// <summary>Reports the keys of a layer that do not exist, each where it stands.</summary>
    public void Check(ObjectNode layer, ConfigurationErrors errors) => Check(layer, Reference, [], errors);

    /// <summary>Reports the keys of the resolved tree that do not exist, and values where a section is expected.</summary>
    public void Check(HoconObject values, ConfigurationErrors errors) => Check(values, Reference, [], errors);

    /// <summary>The known path most like this one, as <c>; did you mean '...'?</c>; else where to find the keys.</summary>
    public string Advice(string path, Func<string, string> spell)
    {
        var distanceMax = Math.Min(DistanceMax, LastKey(path).Length / 2);
        var closest = path.Length > ComparedLengthMax ? null : _paths
            .Select(known => (Path: known, Distance: EditDistance.Between(path, known)))
            .Where(known => known.Distance <= distanceMax)
            .OrderBy(known => known.Distance)
            .Select(known => known.Path)
            .FirstOrDefault();
        closest ??= _paths.FirstOrDefault(known => LastKey(known) == LastKey(path));
        return closest is null
            ? "; the keys are listed in reference.conf."
            : $"; did you mean '{spell(closest)}'?";
    }

    private void Check(ObjectNode node, HoconObject known, string[] path, ConfigurationErrors errors)
    {
        foreach (var (key, entries) in node.Fields)
        {
            string[] here = [.. path, key];
            var field = known.Find(key);
            foreach (var entry in entries)
            {
                if (field is null)
                    ReportUnknown(entry.KeyOrigin, here, errors);
                else if (field.Value is HoconObject section && entry.Value is ObjectNode child)
                    Check(child, section, here, errors);
            }
        }
    }

    private void Check(HoconObject values, HoconObject known, string[] path, ConfigurationErrors errors)
    {
        foreach (var field in values.Fields)
        {
            string[] here = [.. path, field.Key];
            switch (known.Find(field.Key)?.Value, field.Value)
            {
                case (null, _):
                    ReportUnknown(field.KeyOrigin, here, errors);
                    break;
                case (HoconObject section, HoconObject child):
                    Check(child, section, here, errors);
                    break;
                case (HoconObject, var other):
                    errors.Add(
                        other.Origin,
                        $"'{HoconText.Path(here)}' is a section; expected an object in braces, found {other.Describe()}.");
                    break;
            }
        }
    }

    private void ReportUnknown(Origin origin, string[] path, ConfigurationErrors errors)
    {
        // A key of a layer is seen again in the resolved tree.
        if (!_reported.Add(origin))
            return;
        var text = HoconText.Path(path);
        errors.Add(origin, $"unknown key '{text}'{(errors.IsFull ? "" : Advice(text, known => known))}");
    }

    private static string LastKey(string path) => path[(path.LastIndexOf('.') + 1)..];

    private static IEnumerable<string[]> Paths(HoconObject values, string[] path)
    {
        foreach (var field in values.Fields)
        {
            string[] here = [.. path, field.Key];
            yield return here;
            if (field.Value is not HoconObject section)
                continue;
            foreach (var child in Paths(section, here))
                yield return child;
        }
    }
}

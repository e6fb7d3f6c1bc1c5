namespace Cascade.Hosting.Configuration.Hocon;

/// <summary>One definition of a field.</summary>
/// <param name="Value">What was assigned.</param>
/// <param name="KeyOrigin">Where the key stands.</param>
/// <param name="MustBeObject">The value was concatenated with an object, so nothing else will do.</param>
internal sealed record FieldEntry(Node Value, Origin KeyOrigin, bool MustBeObject = false);

/// <summary>An object as written and merged: for each key the definitions that can still matter, oldest first.</summary>
internal sealed class ObjectNode(Origin origin) : Node(origin)
{
    private readonly OrderedDictionary<string, List<FieldEntry>> _fields = new(StringComparer.Ordinal);

    public IEnumerable<KeyValuePair<string, List<FieldEntry>>> Fields => _fields;

    public bool TryGet(string key, out IReadOnlyList<FieldEntry> entries)
    {
        var found = _fields.TryGetValue(key, out var list);
        entries = list ?? [];
        return found;
    }

    /// <summary>Adds a definition over those that are there, by the rules for duplicate keys.</summary>
    public void Add(string key, FieldEntry entry)
    {
        if (!_fields.TryGetValue(key, out var entries))
            _fields.Add(key, entries = []);

        switch (entry.Value)
        {
            case ObjectNode later when entries is [.., { Value: ObjectNode earlier }]:
                earlier.MergeFrom(later);
                return;
            case ConcatenationNode concatenation when IsObject(concatenation):
                AddParts(key, concatenation, entry.KeyOrigin);
                return;
            case HoconValue or ArrayNode:
                // Nothing below a value that cannot be merged with is ever looked at again.
                entries.Clear();
                break;
        }
        entries.Add(entry);
    }

    /// <summary>Adds every definition of another object over this one's. The other object must not be used afterwards.</summary>
    public void MergeFrom(ObjectNode later)
    {
        foreach (var (key, entries) in later._fields)
        {
            foreach (var entry in entries)
                Add(key, entry);
        }
    }

    /// <summary>The object at a key, made if the newest definition is none.</summary>
    public ObjectNode Descend(string key, Origin origin)
    {
        if (!_fields.TryGetValue(key, out var entries) || entries is not [.., { Value: ObjectNode }])
            Add(key, new FieldEntry(new ObjectNode(origin), origin));
        return (ObjectNode)_fields[key][^1].Value;
    }

    private static bool IsObject(ConcatenationNode concatenation) =>
        concatenation.Parts.Any(part => part is ObjectNode) && !concatenation.Parts.Any(part => part is ArrayNode);

    /// <summary>
    /// Concatenating objects means merging them, so the parts are as good as several definitions, and can be looked into one
    /// by one.
    /// </summary>
    private void AddParts(string key, ConcatenationNode concatenation, Origin keyOrigin)
    {
        foreach (var part in concatenation.Parts)
        {
            if (part is not WhitespaceNode)
                Add(key, new FieldEntry(part, keyOrigin, MustBeObject: part is not ObjectNode));
        }
    }
}

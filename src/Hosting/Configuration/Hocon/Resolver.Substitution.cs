namespace Cascade.Hosting.Configuration.Hocon;

internal sealed partial class Resolver
{
    /// <summary>
    /// Marks, in a stack of definitions, one that is being resolved itself: what is newer cannot be merged with it now.
    /// </summary>
    private static readonly FieldEntry Boundary = new(ResolutionMark.Cycle, default);

    /// <summary>The value that a substitution stands for; null when it is optional and has none.</summary>
    /// <param name="node">The substitution.</param>
    /// <param name="owner">The definition it is part of: lookups that come back to it go on with those below.</param>
    private HoconValue? Substitute(SubstitutionNode node, DeferredNode owner)
    {
        _chain.Push(node);
        var lookedBack = false;
        var value = node.Prefix.Count > 0 ? Lookup([.. node.Prefix, .. node.Path], owner, ref lookedBack) : null;
        value ??= Lookup(node.Path, owner, ref lookedBack);
        value ??= FromEnvironment(node);
        var circular = value == ResolutionMark.Cycle || (value is null && lookedBack);
        if (circular || value is null)
            value = node.Optional ? null : circular ? FailCircular(node) : FailUndefined(node);
        _chain.Pop();
        return value;
    }

    private HoconScalar? FromEnvironment(SubstitutionNode node)
    {
        var name = string.Join('.', node.Path);
        return name.Length > 0 && !name.AsSpan().ContainsAny('=', '\0') && _environment(name) is { } text
            ? new HoconScalar(new Origin(OriginKind.Environment, name, 1, 1), HoconKind.String, text)
            : null;
    }

    private ResolutionMark FailUndefined(SubstitutionNode node) => Fail(
        node.Origin,
        $"{node} is not defined: neither a key of that path nor an environment variable of that name; "
            + $"define it, or write ${{?{HoconText.Path(node.Path)}}}.");

    private ResolutionMark FailCircular(SubstitutionNode node)
    {
        var chain = _chain.Reverse().ToList();
        var start = chain.FindIndex(link => link.Path.SequenceEqual(node.Path));
        var circle = string.Join(" -> ", chain.Skip(start < chain.Count - 1 ? start : 0));
        return Fail(
            node.Origin,
            $"{node} refers to itself and has no earlier value: {circle}; give it one, or break the circle.");
    }

    private HoconValue? Lookup(IReadOnlyList<string> path, DeferredNode owner, ref bool lookedBack)
    {
        List<FieldEntry> stack = [_root];
        foreach (var key in path)
        {
            var children = new List<FieldEntry>();
            if (Descend(stack, key, owner, children, ref lookedBack) is { } mark)
                return mark;
            if (children.Count == 0)
                return null;
            stack = children;
        }
        return Merge(stack[(stack.LastIndexOf(Boundary) + 1)..]);
    }

    /// <summary>Collects the definitions of a key in a stack of definitions of its parent, newest first.</summary>
    private ResolutionMark? Descend(
        List<FieldEntry> parents, string key, DeferredNode owner, List<FieldEntry> children, ref bool lookedBack)
    {
        foreach (var parent in parents)
        {
            if (children is [.., var last] && IsFinal(last))
                return null;
            if (ReferenceEquals(parent, Boundary))
            {
                children.Clear();
                continue;
            }
            switch (Reduce(parent))
            {
                case null:
                    break;
                case ResolutionMark mark:
                    return mark;
                case ObjectNode node:
                    if (node.TryGet(key, out var entries))
                        Collect(entries, owner, children, ref lookedBack);
                    break;
                case HoconObject resolved:
                    if (resolved.Find(key) is { } field)
                        children.Add(new FieldEntry(field.Value, field.KeyOrigin));
                    break;
                default:
                    return null;
            }
        }
        return null;
    }

    /// <summary>
    /// Adds definitions newest first, but of a field that is being resolved only those below: for the definition that asks
    /// that is what a self-reference means, and for one further up the chain it breaks the circle.
    /// </summary>
    private void Collect(IReadOnlyList<FieldEntry> entries, DeferredNode owner, List<FieldEntry> children, ref bool lookedBack)
    {
        var newest = entries.Count - 1;
        for (var i = newest; i >= 0; i--)
        {
            if (!ReferenceEquals(entries[i].Value, owner))
                continue;
            children.Clear();
            lookedBack = true;
            newest = i - 1;
            break;
        }
        for (var i = newest; i >= 0; i--)
        {
            if (entries[i].Value is DeferredNode deferred && _inProgress.Contains(deferred))
            {
                children.Add(Boundary);
                lookedBack = true;
                continue;
            }
            children.Add(entries[i]);
            if (IsFinal(entries[i]))
                return;
        }
    }

    private static bool IsFinal(FieldEntry entry) =>
        !ReferenceEquals(entry, Boundary) && entry.Value is ArrayNode or (HoconValue and not HoconObject);
}

namespace Cascade.Hosting.Configuration.Hocon;

/// <summary>A value as parsed: finished (<see cref="HoconValue"/>), or still to be resolved against the whole tree.</summary>
internal abstract class Node(Origin origin)
{
    public Origin Origin { get; } = origin;
}

/// <summary>Blanks between two values of one line: kept between strings, dropped between arrays and between objects.</summary>
internal sealed class WhitespaceNode(Origin origin, string text) : Node(origin)
{
    public string Text { get; } = text;
}

/// <summary>An array as written, its elements possibly unresolved.</summary>
internal sealed class ArrayNode(Origin origin, IReadOnlyList<Node> elements) : Node(origin)
{
    public IReadOnlyList<Node> Elements { get; } = elements;
}

/// <summary>A value that only resolution can tell. Identity matters: each occurrence is resolved once.</summary>
internal abstract class DeferredNode(Origin origin) : Node(origin);

/// <summary><c>${path}</c> or <c>${?path}</c>.</summary>
/// <param name="origin">Where the dollar sign stands.</param>
/// <param name="path">The path as written.</param>
/// <param name="prefix">Where the file that holds it was included; looked up there first.</param>
/// <param name="optional">True for <c>${?path}</c>.</param>
internal sealed class SubstitutionNode(Origin origin, IReadOnlyList<string> path, IReadOnlyList<string> prefix, bool optional)
    : DeferredNode(origin)
{
    public IReadOnlyList<string> Path { get; } = path;

    public IReadOnlyList<string> Prefix { get; } = prefix;

    public bool Optional { get; } = optional;

    public override string ToString() => $"${{{(Optional ? "?" : "")}{HoconText.Path(Path)}}}";
}

/// <summary>Several values on one line that make one string, array or object.</summary>
internal sealed class ConcatenationNode(Origin origin, IReadOnlyList<Node> parts) : DeferredNode(origin)
{
    public IReadOnlyList<Node> Parts { get; } = parts;
}

namespace Cascade.Hosting.Configuration.Hocon;

/// <summary>An include as written.</summary>
/// <param name="Name">The quoted name.</param>
/// <param name="Origin">Where the name stands.</param>
/// <param name="Required">A missing file is an error.</param>
/// <param name="AsFile">Written <c>file("...")</c>: the name is a path, whatever it looks like.</param>
internal sealed record IncludeStatement(string Name, Origin Origin, bool Required, bool AsFile);

/// <summary>Reads files and the files that they include, within the limits. One instance serves one load.</summary>
internal sealed class IncludeReader(HoconLimits limits)
{
    private readonly Stack<string> _open = new();
    private int _included;

    public HoconLimits Limits { get; } = limits;

    /// <summary>Parses text that has an object at its root.</summary>
    public ObjectNode ParseObject(SourceText source, IReadOnlyList<string> prefix)
    {
        if (source.FullPath is null)
            return Root(source, prefix);
        _open.Push(source.FullPath);
        try
        {
            return Root(source, prefix);
        }
        finally
        {
            _open.Pop();
        }
    }

    /// <summary>The objects an include stands for, weakest first; none when the file is missing and not required.</summary>
    /// <exception cref="HoconException">The file cannot be read, is malformed, or goes beyond a limit.</exception>
    public IReadOnlyList<ObjectNode> Include(IncludeStatement include, SourceText from, IReadOnlyList<string> prefix)
    {
        RefuseOtherResources(include);
        var path = Locate(include, from);
        var found = new List<ObjectNode>();
        foreach (var candidate in Candidates(path))
        {
            if (HoconFile.TryRead(candidate, OriginKind.File, Limits, include.Origin) is { } source)
                found.Add(ParseIncluded(source, include.Origin, prefix));
        }
        return found.Count > 0 || !include.Required
            ? found
            : throw new HoconException(
                include.Origin,
                $"the required file '{path}' does not exist; create it, or drop required(...).");
    }

    private ObjectNode ParseIncluded(SourceText source, Origin origin, IReadOnlyList<string> prefix)
    {
        if (source.FullPath is { } file && _open.Contains(file))
        {
            var circle = string.Join(" -> ", _open.Reverse().SkipWhile(path => path != file).Append(file));
            throw new HoconException(origin, $"the file includes itself: {circle}.");
        }
        if (_open.Count >= Limits.IncludeDepthMax)
            throw new HoconException(origin, $"more than {Limits.IncludeDepthMax} files include each other in a row.");
        if (++_included > Limits.IncludesMax)
            throw new HoconException(origin, $"more than {Limits.IncludesMax} files are included.");
        return ParseObject(source, prefix);
    }

    private ObjectNode Root(SourceText source, IReadOnlyList<string> prefix)
    {
        var root = new Parser(source, this, prefix).ParseRoot();
        return root as ObjectNode
            ?? throw new HoconException(root.Origin, "expected an object at the root, found an array; a configuration has keys.");
    }

    private static void RefuseOtherResources(IncludeStatement include)
    {
        var name = include.Name;
        if (!include.AsFile && (name.Contains("://", StringComparison.Ordinal) || name.StartsWith("file:", StringComparison.Ordinal)))
            throw new HoconException(
                include.Origin,
                "only files can be included, not URLs; copy the text to a file and write its path.");
        if (Path.GetExtension(include.Name) == ".properties")
            throw new HoconException(include.Origin, "Java properties cannot be included; write the values in a .conf file.");
        if (include.Name.Length == 0 || include.Name.Contains('\0', StringComparison.Ordinal))
            throw new HoconException(include.Origin, "expected the path of a file to include.");
    }

    private static string Locate(IncludeStatement include, SourceText from)
    {
        if (Path.IsPathRooted(include.Name))
            return Path.GetFullPath(include.Name);
        var directory = Path.GetDirectoryName(from.FullPath)
            ?? throw new HoconException(
                include.Origin,
                "a relative include needs a file to be relative to, and this text is none; write an absolute path.");
        return Path.GetFullPath(include.Name, directory);
    }

    /// <summary>
    /// A name without a known extension also stands for the JSON and HOCON files of that name, HOCON strongest.
    /// </summary>
    private static string[] Candidates(string path) =>
        Path.GetExtension(path) is ".conf" or ".json" ? [path] : [path, path + ".json", path + ".conf"];
}

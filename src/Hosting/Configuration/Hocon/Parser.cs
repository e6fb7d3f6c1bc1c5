namespace Cascade.Hosting.Configuration.Hocon;

/// <summary>Parses one text into a tree of nodes, included files already merged in, substitutions still open.</summary>
internal sealed partial class Parser
{
    private readonly SourceText _source;
    private readonly Tokenizer _tokens;
    private readonly IncludeReader _includes;
    private readonly IReadOnlyList<string> _prefix;
    private readonly List<string> _path = [];
    private readonly HoconLimits _limits;
    private Token _current;
    private int _depth;
    private int _arrays;

    /// <summary>Prepares to parse.</summary>
    /// <param name="source">The text.</param>
    /// <param name="includes">Reads what the text includes.</param>
    /// <param name="prefix">The path that the text is being included at; empty for a text of its own.</param>
    public Parser(SourceText source, IncludeReader includes, IReadOnlyList<string> prefix)
    {
        _source = source;
        _includes = includes;
        _limits = includes.Limits;
        _prefix = prefix;
        _depth = prefix.Count;
        _tokens = new Tokenizer(source);
        _current = _tokens.Next();
    }

    /// <summary>
    /// The root: an <see cref="ObjectNode"/>, or an <see cref="ArrayNode"/> when the text begins with a bracket.
    /// </summary>
    /// <exception cref="HoconException">The text is malformed; the first fault is reported.</exception>
    public Node ParseRoot()
    {
        SkipBlanksAndNewlines();
        Node root = _current.Kind switch
        {
            TokenKind.OpenBrace => ParseObject(),
            TokenKind.OpenBracket => ParseArray(),
            _ => ParseFields(_current.Origin, TokenKind.End),
        };
        SkipBlanksAndNewlines();
        return _current.Kind == TokenKind.End ? root : throw Unexpected("the end of the text after the closing bracket");
    }

    private ObjectNode ParseObject()
    {
        var origin = _current.Origin;
        Enter(origin);
        Advance();
        var node = ParseFields(origin, TokenKind.CloseBrace);
        Advance();
        _depth--;
        return node;
    }

    private ObjectNode ParseFields(Origin origin, TokenKind end)
    {
        var node = new ObjectNode(origin);
        while (!AtEndOfItems(end, "a key"))
        {
            if (_current is { Kind: TokenKind.Unquoted, Text: "include" })
                ParseInclude(node);
            else
                ParseField(node);
            ParseSeparator(end);
        }
        return node;
    }

    private void ParseField(ObjectNode node)
    {
        var path = ParsePath("a key");
        var key = HoconText.Path(path.Select(element => element.Key));
        SkipBlanksAndNewlines();
        var append = _current.Kind == TokenKind.PlusEquals;
        if (append || _current.Kind is TokenKind.EqualsSign or TokenKind.Colon)
            Advance();
        else if (_current.Kind != TokenKind.OpenBrace)
            throw Unexpected($"'=', ':', '+=' or '{{' after the key '{key}'");
        SkipBlanksAndNewlines();

        foreach (var element in path)
        {
            Enter(element.Origin);
            _path.Add(element.Key);
        }
        var value = ParseValue($"a value for the key '{key}'");
        if (append)
            value = Appending(value, path[0].Origin);
        _path.RemoveRange(_path.Count - path.Count, path.Count);
        _depth -= path.Count;

        foreach (var element in path.SkipLast(1))
            node = node.Descend(element.Key, element.Origin);
        node.Add(path[^1].Key, new FieldEntry(value, path[^1].Origin));
    }

    /// <summary><c>a += b</c> is <c>a = ${?a} [b]</c>, with the path of <c>a</c> counted from the root of everything.</summary>
    private ConcatenationNode Appending(Node value, Origin origin)
    {
        if (_arrays > 0)
            throw new HoconException(
                origin,
                "'+=' cannot be used inside an array, where a field has no path; write the whole array.");
        var earlier = new SubstitutionNode(origin, [.. _prefix, .. _path], [], optional: true);
        return new ConcatenationNode(value.Origin, [earlier, new ArrayNode(value.Origin, [value])]);
    }

    private IReadOnlyList<PathElement> ParsePath(string expected)
    {
        var path = new PathExpression();
        for (; PathExpression.CanTake(_current.Kind); Advance())
            path.Add(_current);
        return path.IsEmpty ? throw Unexpected(expected) : path.Finish();
    }

    /// <summary>Skips to the next item; true, still at the end token, when there is none.</summary>
    private bool AtEndOfItems(TokenKind end, string expected)
    {
        SkipBlanksAndNewlines();
        if (_current.Kind == end)
            return true;
        return _current.Kind is TokenKind.End or TokenKind.Comma or TokenKind.CloseBrace or TokenKind.CloseBracket
            ? throw Unexpected($"{expected}{OrEnd(end)}")
            : false;
    }

    /// <summary>One comma, one or more newlines, or both; or else the end must follow.</summary>
    private void ParseSeparator(TokenKind end)
    {
        var separated = SkipBlanksAndNewlines();
        if (_current.Kind == TokenKind.Comma)
            Advance();
        else if (_current.Kind != end && (!separated || _current.Kind == TokenKind.End))
            throw Unexpected($"a comma, a new line{OrEnd(end)}");
    }

    private static string OrEnd(TokenKind end) => end switch
    {
        TokenKind.CloseBrace => " or '}'",
        TokenKind.CloseBracket => " or ']'",
        _ => " or the end of the text",
    };

    private void Enter(Origin origin)
    {
        if (++_depth > _limits.DepthMax)
            throw new HoconException(
                origin,
                $"more than {_limits.DepthMax} objects, arrays and keys within each other; flatten the configuration.");
    }

    private bool SkipBlanksAndNewlines()
    {
        var newline = false;
        for (; _current.Kind is TokenKind.Whitespace or TokenKind.Newline; Advance())
            newline |= _current.Kind == TokenKind.Newline;
        return newline;
    }

    private void Advance() => _current = _tokens.Next();

    private HoconException Unexpected(string expected)
    {
        var advice = _current.Kind is TokenKind.Colon or TokenKind.EqualsSign or TokenKind.PlusEquals
            ? "; if it belongs to a text, put the text in double quotes"
            : "";
        return new HoconException(_current.Origin, $"expected {expected}, found {_current.Describe()}{advice}.");
    }
}

namespace Cascade.Hosting.Configuration.Hocon;

internal sealed partial class Parser
{
    /// <summary>
    /// Everything up to the end of the line, a comma or a closing bracket: one value, or several to concatenate.
    /// </summary>
    private Node ParseValue(string expected)
    {
        var parts = new List<Node>();
        WhitespaceNode? blanks = null;
        Node? known = null;
        for (; ; )
        {
            if (_current.Kind == TokenKind.Whitespace)
            {
                blanks = new WhitespaceNode(_current.Origin, _current.Text);
                Advance();
                continue;
            }
            if (ParsePart() is not { } part)
                break;
            RequireSameSort(known, part);
            known ??= part is DeferredNode ? null : part;
            if (parts.Count > 0 && blanks is not null)
                parts.Add(blanks);
            parts.Add(part);
            blanks = null;
        }
        return parts.Count switch
        {
            0 => throw Unexpected(expected),
            1 => parts[0],
            _ => new ConcatenationNode(parts[0].Origin, parts),
        };
    }

    private Node? ParsePart()
    {
        var token = _current;
        switch (token.Kind)
        {
            case TokenKind.OpenBrace:
                return ParseObject();
            case TokenKind.OpenBracket:
                return ParseArray();
            case TokenKind.SubstitutionStart or TokenKind.OptionalSubstitutionStart:
                return ParseSubstitution();
            case TokenKind.Quoted:
                Advance();
                return new HoconScalar(token.Origin, HoconKind.String, token.Text);
            case TokenKind.Unquoted:
                Advance();
                return HoconScalar.FromUnquoted(token.Origin, token.Text);
            default:
                return null;
        }
    }

    private ArrayNode ParseArray()
    {
        var origin = _current.Origin;
        Enter(origin);
        _arrays++;
        Advance();
        var elements = new List<Node>();
        while (!AtEndOfItems(TokenKind.CloseBracket, "a value"))
        {
            elements.Add(ParseValue("a value or ']'"));
            ParseSeparator(TokenKind.CloseBracket);
        }
        Advance();
        _arrays--;
        _depth--;
        return new ArrayNode(origin, elements);
    }

    private SubstitutionNode ParseSubstitution()
    {
        var start = _current;
        Advance();
        var path = ParsePath("a path after '${'");
        if (_current.Kind != TokenKind.CloseBrace)
            throw Unexpected($"'}}' to end the substitution begun at {start.Origin.Line}:{start.Origin.Column}");
        Advance();
        return new SubstitutionNode(
            start.Origin,
            [.. path.Select(element => element.Key)],
            _prefix,
            start.Kind == TokenKind.OptionalSubstitutionStart);
    }

    /// <summary>What a substitution will be is not known yet; of the rest, simple values and containers never mix.</summary>
    private static void RequireSameSort(Node? known, Node next)
    {
        if ((known, next) is (HoconScalar, ObjectNode or ArrayNode) or (ObjectNode or ArrayNode, HoconScalar))
            throw new HoconException(
                next.Origin,
                "a string cannot be joined with an object or array; put a comma or a new line between them.");
    }
}

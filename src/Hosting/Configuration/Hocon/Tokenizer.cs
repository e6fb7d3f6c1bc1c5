namespace Cascade.Hosting.Configuration.Hocon;

/// <summary>
/// Cuts text into tokens one at a time, so that the first error in the text is the one reported. Comments are dropped.
/// </summary>
internal sealed partial class Tokenizer(SourceText source)
{
    private readonly string _text = source.Text;
    private int _at;
    private int _line = 1;
    private int _column = 1;

    private Origin Here => source.At(_line, _column);

    private ReadOnlySpan<char> Rest => _text.AsSpan(_at);

    /// <summary>The next token; <see cref="TokenKind.End"/> for ever once the text is used up.</summary>
    /// <exception cref="HoconException">No token can begin or end here.</exception>
    public Token Next()
    {
        SkipComment();
        if (_at == _text.Length)
            return new Token(TokenKind.End, "", Here);
        var c = _text[_at];
        return c switch
        {
            '\n' => Take(TokenKind.Newline, 1),
            '{' => Take(TokenKind.OpenBrace, 1),
            '}' => Take(TokenKind.CloseBrace, 1),
            '[' => Take(TokenKind.OpenBracket, 1),
            ']' => Take(TokenKind.CloseBracket, 1),
            ',' => Take(TokenKind.Comma, 1),
            ':' => Take(TokenKind.Colon, 1),
            '=' => Take(TokenKind.EqualsSign, 1),
            '+' when Rest is ['+', '=', ..] => Take(TokenKind.PlusEquals, 2),
            '$' when Rest is ['$', '{', '?', ..] => Take(TokenKind.OptionalSubstitutionStart, 3),
            '$' when Rest is ['$', '{', ..] => Take(TokenKind.SubstitutionStart, 2),
            '"' => Quoted(),
            _ when Characters.IsBlank(c) => Blanks(),
            _ when Characters.IsReserved(c) =>
                throw new HoconException(Here, $"the character '{c}' is reserved here; put the text in double quotes."),
            _ => Unquoted(),
        };
    }

    private void SkipComment()
    {
        if (!Characters.IsCommentStart(Rest))
            return;
        while (_at < _text.Length && _text[_at] != '\n')
            Advance();
    }

    private Token Take(TokenKind kind, int length)
    {
        var origin = Here;
        var start = _at;
        for (var i = 0; i < length; i++)
            Advance();
        return new Token(kind, _text.Substring(start, length), origin);
    }

    private Token Blanks()
    {
        var length = 1;
        while (_at + length < _text.Length && Characters.IsBlank(_text[_at + length]))
            length++;
        return Take(TokenKind.Whitespace, length);
    }

    private Token Unquoted()
    {
        // A number may hold a '+' (1e+5), which is reserved everywhere else.
        var length = Characters.NumberLength(Rest);
        for (var rest = Rest[length..]; rest.Length > 0; rest = rest[1..], length++)
        {
            if (Characters.IsReserved(rest[0]) || Characters.IsWhitespace(rest[0]) || Characters.IsCommentStart(rest))
                break;
        }
        return Take(TokenKind.Unquoted, length);
    }

    private void Advance()
    {
        var c = _text[_at++];
        if (c == '\n')
            (_line, _column) = (_line + 1, 1);
        else if (!char.IsLowSurrogate(c))
            _column++;
    }
}

namespace Cascade.Hosting.Configuration.Hocon;

internal enum TokenKind
{
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    Comma,
    Colon,
    EqualsSign,
    PlusEquals,
    SubstitutionStart,
    OptionalSubstitutionStart,
    Newline,
    Whitespace,
    Quoted,
    Unquoted,
    End,
}

/// <summary>
/// A piece of text. For a quoted string <paramref name="Text"/> is its value, escapes undone; else the characters as
/// written.
/// </summary>
internal readonly record struct Token(TokenKind Kind, string Text, Origin Origin)
{
    private const int ShownLengthMax = 40;

    /// <summary>How an error message calls the token.</summary>
    public string Describe() => Kind switch
    {
        TokenKind.Newline => "the end of the line",
        TokenKind.End => "the end of the text",
        TokenKind.Whitespace => "white space",
        TokenKind.Quoted => $"the string \"{Shown()}\"",
        _ => $"'{Shown()}'",
    };

    private string Shown() => Text.Length <= ShownLengthMax ? Text : string.Concat(Text.AsSpan(0, ShownLengthMax), "...");
}

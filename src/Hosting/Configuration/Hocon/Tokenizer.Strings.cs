using System.Globalization;
using System.Text;

namespace Cascade.Hosting.Configuration.Hocon;

internal sealed partial class Tokenizer
{
    private const int UnicodeEscapeDigits = 4;

    private Token Quoted() => Rest.StartsWith("\"\"\"") ? TripleQuoted() : SingleQuoted();

    private Token SingleQuoted()
    {
        var origin = Here;
        var value = new StringBuilder();
        Advance();
        while (_at < _text.Length && _text[_at] >= ' ')
        {
            switch (_text[_at])
            {
                case '"':
                    Advance();
                    return new Token(TokenKind.Quoted, value.ToString(), origin);
                case '\\':
                    AppendEscape(value);
                    break;
                default:
                    value.Append(_text[_at]);
                    Advance();
                    break;
            }
        }
        if (_at == _text.Length || _text[_at] is '\n' or '\r')
            throw new HoconException(
                origin,
                "the string is not closed on its line; add '\"', or use \"\"\" for text of several lines.");
        throw new HoconException(Here, $"the control character U+{(int)_text[_at]:X4} must be escaped in a quoted string.");
    }

    /// <summary>At least three quotes end the string; those beyond three belong to it.</summary>
    private Token TripleQuoted()
    {
        var origin = Here;
        Take(TokenKind.Quoted, 3);
        var length = Rest.IndexOf("\"\"\"");
        if (length < 0)
            throw new HoconException(origin, "the string opened by \"\"\" is not closed; end it with \"\"\".");
        while (_at + length + 3 < _text.Length && _text[_at + length + 3] == '"')
            length++;
        var value = Take(TokenKind.Quoted, length).Text;
        Take(TokenKind.Quoted, 3);
        return new Token(TokenKind.Quoted, value, origin);
    }

    private void AppendEscape(StringBuilder value)
    {
        var origin = Here;
        char? plain = Rest.Length < 2 ? null : Rest[1] switch
        {
            '"' => '"',
            '\\' => '\\',
            '/' => '/',
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            _ => null,
        };
        if (plain is { } c)
        {
            value.Append(c);
            Take(TokenKind.Quoted, 2);
            return;
        }
        var unit = ReadUnicodeEscape(origin);
        value.Append(unit);
        if (!char.IsSurrogate(unit))
            return;
        if (!char.IsHighSurrogate(unit) || !Rest.StartsWith("\\u")
            || ReadUnicodeEscape(origin) is var low && !char.IsLowSurrogate(low))
            throw new HoconException(
                origin,
                $"\\u{(int)unit:x4} is half of a surrogate pair; write both halves, or the character itself.");
        value.Append(low);
    }

    private char ReadUnicodeEscape(Origin origin)
    {
        if (Rest is not ['\\', 'u', ..])
            throw new HoconException(
                origin,
                "unknown escape in a quoted string; expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX.");
        var digits = Rest[2..Math.Min(2 + UnicodeEscapeDigits, Rest.Length)];
        if (digits.Length < UnicodeEscapeDigits
            || !ushort.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
            throw new HoconException(origin, "\\u must be followed by four hexadecimal digits.");
        Take(TokenKind.Quoted, 2 + UnicodeEscapeDigits);
        return (char)unit;
    }
}

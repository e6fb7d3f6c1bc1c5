using System.Globalization;

namespace Cascade.Hosting.Configuration.Hocon;

/// <summary>The character classes of the HOCON specification.</summary>
internal static class Characters
{
    private const string Reserved = "$\"{}[]:=,+#`^?!@*&\\";
    private const char ByteOrderMark = '\uFEFF';

    /// <summary>White space other than the newline, which separates fields.</summary>
    public static bool IsBlank(char c) => c != '\n' && IsWhitespace(c);

    public static bool IsWhitespace(char c) => c switch
    {
        >= '\t' and <= '\r' => true,
        >= '\u001C' and <= '\u001F' => true,
        ByteOrderMark => true,
        _ => char.GetUnicodeCategory(c)
            is UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator,
    };

    public static bool IsReserved(char c) => Reserved.Contains(c, StringComparison.Ordinal);

    public static bool IsCommentStart(ReadOnlySpan<char> text) => text is ['#', ..] or ['/', '/', ..];

    /// <summary>Length of the longest JSON number at the head of the text; zero when there is none.</summary>
    public static int NumberLength(ReadOnlySpan<char> text)
    {
        var at = text is ['-', ..] ? 1 : 0;
        var integer = DigitCount(text[at..]);
        if (integer == 0)
            return 0;
        at += text[at] == '0' ? 1 : integer;
        if (at < text.Length && text[at] == '.' && DigitCount(text[(at + 1)..]) is > 0 and var fraction)
            at += 1 + fraction;
        if (at < text.Length && text[at] is 'e' or 'E')
        {
            var sign = at + 1 < text.Length && text[at + 1] is '+' or '-' ? 1 : 0;
            if (DigitCount(text[(at + 1 + sign)..]) is > 0 and var exponent)
                at += 1 + sign + exponent;
        }
        return at;
    }

    private static int DigitCount(ReadOnlySpan<char> text)
    {
        var count = 0;
        while (count < text.Length && char.IsAsciiDigit(text[count]))
            count++;
        return count;
    }
}

using System.Text;

namespace Cascade.Hosting.Configuration.Hocon;

/// <summary>One key of a path, and where it begins.</summary>
internal readonly record struct PathElement(string Key, Origin Origin);

/// <summary>
/// Collects the tokens of a path expression: dots outside quotes separate keys, blanks between words belong to the key.
/// </summary>
internal sealed class PathExpression
{
    private readonly List<PathElement> _elements = [];
    private readonly StringBuilder _key = new();
    private string _blanks = "";
    private Origin? _start;
    private Origin? _dot;

    /// <summary>True until a token other than white space has been added.</summary>
    public bool IsEmpty => _start is null && _dot is null;

    public static bool CanTake(TokenKind kind) => kind is TokenKind.Quoted or TokenKind.Unquoted or TokenKind.Whitespace;

    public void Add(Token token)
    {
        if (token.Kind == TokenKind.Whitespace)
        {
            // Blanks before the first word and after the last are not part of the path.
            _blanks = IsEmpty ? "" : token.Text;
            return;
        }
        _key.Append(_blanks);
        _blanks = "";
        if (token.Kind == TokenKind.Quoted)
            Append(token.Text, token.Origin);
        else
            AddUnquoted(token);
    }

    /// <summary>The keys; at least one.</summary>
    /// <exception cref="HoconException">A key is empty and not quoted.</exception>
    public IReadOnlyList<PathElement> Finish()
    {
        EndElement(_dot ?? _start!.Value);
        return _elements;
    }

    private void AddUnquoted(Token token)
    {
        var column = token.Origin.Column;
        foreach (var part in token.Text.EnumerateRunes())
        {
            var origin = token.Origin with { Column = column++ };
            if (part.Value == '.')
            {
                EndElement(origin);
                _dot = origin;
            }
            else
            {
                Append(part.ToString(), origin);
            }
        }
    }

    private void Append(string text, Origin origin)
    {
        _start ??= origin;
        _key.Append(text);
    }

    private void EndElement(Origin dot)
    {
        if (_start is not { } start)
            throw new HoconException(
                dot,
                "a path has an empty key beside this '.'; remove the dot, or write \"\" for an empty key.");
        _elements.Add(new PathElement(_key.ToString(), start));
        _key.Clear();
        _start = null;
    }
}

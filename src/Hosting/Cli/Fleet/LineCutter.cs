using System.Text;

namespace Cascade.Hosting.Cli.Fleet;

/// <summary>Makes lines of a stream of characters in bounded memory: what is too long is cut. Not thread-safe.</summary>
/// <param name="say">Takes each line, without its end.</param>
internal sealed class LineCutter(Action<string> say)
{
    /// <summary>Longest line, in characters; the rest of a longer one is left out, and that is said.</summary>
    public const int CharactersMax = 4096;

    private readonly StringBuilder _line = new();
    private long _leftOut;

    /// <summary>Takes the next characters.</summary>
    public void Add(ReadOnlySpan<char> text)
    {
        while (text.IndexOf('\n') is >= 0 and var end)
        {
            Keep(text[..end]);
            EndLine();
            text = text[(end + 1)..];
        }

        Keep(text);
    }

    /// <summary>The stream has ended: what stands behind the last end of a line is a line.</summary>
    public void End()
    {
        if (_line.Length > 0)
            EndLine();
    }

    private void Keep(ReadOnlySpan<char> text)
    {
        var kept = text[..Math.Min(text.Length, CharactersMax - _line.Length)];
        _line.Append(kept);
        _leftOut += text.Length - kept.Length;
    }

    private void EndLine()
    {
        if (_line.Length > 0 && _line[^1] == '\r')
            _line.Length--;
        if (_leftOut > 0)
            _line.Append(" ... (").Append(HumanText.Count(_leftOut)).Append(" characters left out)");
        say(_line.ToString());
        _line.Clear();
        _leftOut = 0;
    }
}

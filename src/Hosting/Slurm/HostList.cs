using System.Diagnostics.CodeAnalysis;

namespace Cascade.Hosting.Slurm;

/// <summary>
/// SLURM's short form of many host names, such as <c>n[1,3-4]</c> or <c>r[1-2]n[00-15],login</c>, written out: what <c>scontrol show hostnames</c> prints.
/// </summary>
internal static class HostList
{
    /// <summary>Names in one list at most: each is a node, and numbers of nodes end there.</summary>
    public const int NamesMax = ClusterClient.FirstId;

    private const int NameLengthMax = 253;

    /// <summary>Writes the names out, in their order: the first is that of SLURM_NODEID 0. Of several brackets the last one counts fastest.</summary>
    /// <param name="text">The short form.</param>
    /// <param name="names">The names; empty when it is malformed.</param>
    /// <param name="reason">What is wrong with it, for a person.</param>
    public static bool TryExpand(string text, out string[] names, [NotNullWhen(false)] out string? reason)
    {
        var all = new List<string>();
        names = [];
        foreach (var item in Items(text))
        {
            if (!TryExpandItem(item, all, out reason))
                return false;
        }

        reason = null;
        names = [.. all];
        return true;
    }

    /// <summary>The parts between commas that are not in brackets.</summary>
    private static IEnumerable<string> Items(string text)
    {
        var (start, depth) = (0, 0);
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == ',' && depth == 0)
            {
                yield return text[start..at];
                start = at + 1;
            }

            depth = text[at] switch { '[' => depth + 1, ']' => depth - 1, _ => depth };
        }

        yield return text[start..];
    }

    private static bool TryExpandItem(string item, List<string> all, [NotNullWhen(false)] out string? reason)
    {
        List<string> heads = [""];
        for (var at = 0; at < item.Length;)
        {
            var open = item.IndexOf('[', at);
            var plain = open < 0 ? item[at..] : item[at..open];
            if (!plain.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
                return Refuse($"'{item}' is no host name", out reason);
            IReadOnlyList<string> numbers = [""];
            if (open >= 0)
            {
                var close = item.IndexOf(']', open);
                if (close < 0)
                    return Refuse($"'{item}' lacks a closing bracket", out reason);
                if (!NumberRanges.TryExpand(item[(open + 1)..close], NamesMax, out numbers, out reason))
                    return false;
                at = close + 1;
            }
            else
            {
                at = item.Length;
            }

            if ((long)heads.Count * numbers.Count > NamesMax - all.Count)
                return Refuse($"it has more than {NamesMax} names", out reason);
            heads = [.. heads.SelectMany(head => numbers.Select(number => head + plain + number))];
        }

        if (heads.Find(static name => name.Length is 0 or > NameLengthMax) is { } bad)
            return Refuse(bad.Length == 0 ? "a name is empty" : $"a name is longer than {NameLengthMax}", out reason);
        if (heads.Count > NamesMax - all.Count)
            return Refuse($"it has more than {NamesMax} names", out reason);
        all.AddRange(heads);
        reason = null;
        return true;
    }

    private static bool Refuse(string why, out string reason)
    {
        reason = why;
        return false;
    }
}

namespace Cascade.Hosting.Configuration;

/// <summary>
/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours that turn one text into another.
/// </summary>
internal static class EditDistance
{
    public static int Between(ReadOnlySpan<char> from, ReadOnlySpan<char> to)
    {
        var distance = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++)
            distance[i, 0] = i;
        for (var j = 0; j <= to.Length; j++)
            distance[0, j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = distance[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                var best = Math.Min(replaced, Math.Min(distance[i - 1, j], distance[i, j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    best = Math.Min(best, distance[i - 2, j - 2] + 1);
                distance[i, j] = best;
            }
        }
        return distance[from.Length, to.Length];
    }
}

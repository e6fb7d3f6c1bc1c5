using System.Globalization;
using System.Text;

namespace Cascade.Hosting.Policy;

/// <summary>Draws hit ratios by capacity as a picture (SVG 1.1) that needs nothing else.</summary>
internal static class PolicyPlot
{
    private const int Width = 760;
    private const int Height = 440;
    private const int Left = 70;
    private const int Right = 140;
    private const int Top = 50;
    private const int Bottom = 60;
    private const int RatioLines = 5;

    private static readonly string[] Colours = ["#888888", "#4477aa", "#228833", "#cc3311", "#222222"];

    /// <summary>The picture: a line for each policy, full for blocks, dashed for prefixes.</summary>
    /// <param name="title">What the trace is called.</param>
    /// <param name="policies">In the order of the figures.</param>
    /// <param name="rows">One at least, by capacity.</param>
    public static string Draw(string title, IReadOnlyList<ComparedPolicy> policies, IReadOnlyList<CapacityFigures> rows)
    {
        var most = rows.Max(static row => row.Policies.Values.Max(static figures => Math.Max(figures.BlockHitRatio, figures.PrefixHitRatio)));
        var top = Math.Max(0.05, Math.Ceiling(most * 20) / 20);
        var svg = new StringBuilder();
        Write(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{Height}\" font-family=\"sans-serif\" font-size=\"12\">");
        Write(svg, $"<rect width=\"{Width}\" height=\"{Height}\" fill=\"white\"/>");
        Write(svg, $"<text x=\"{Left}\" y=\"24\" font-size=\"15\">Hit ratio by capacity: {Escaped(title)}</text>");
        for (var line = 0; line <= RatioLines; line++)
        {
            var ratio = top * line / RatioLines;
            Write(svg, $"<line x1=\"{Left}\" y1=\"{Y(ratio, top):0.0}\" x2=\"{Width - Right}\" y2=\"{Y(ratio, top):0.0}\" stroke=\"#dddddd\"/>");
            Write(svg, $"<text x=\"{Left - 8}\" y=\"{Y(ratio, top) + 4:0.0}\" text-anchor=\"end\">{ratio:0.00}</text>");
        }
        foreach (var row in rows)
        {
            var capacity = row.Capacity.ToString("N0", CultureInfo.InvariantCulture);
            Write(svg, $"<text x=\"{X(row.Capacity, rows):0.0}\" y=\"{Height - Bottom + 20}\" text-anchor=\"middle\">{capacity}</text>");
        }

        Write(svg, $"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 16}\" text-anchor=\"middle\">blocks (full lines: blocks; dashed: whole prefixes)</text>");
        for (var index = 0; index < policies.Count; index++)
        {
            var (policy, colour) = (policies[index], Colours[index % Colours.Length]);
            WriteLine(svg, rows, top, colour, "", row => row.Policies[policy.Name].BlockHitRatio);
            WriteLine(svg, rows, top, colour, " stroke-dasharray=\"4 4\"", row => row.Policies[policy.Name].PrefixHitRatio);
            var y = Top + 10 + (index * 20);
            Write(svg, $"<line x1=\"{Width - Right + 16}\" y1=\"{y}\" x2=\"{Width - Right + 40}\" y2=\"{y}\" stroke=\"{colour}\" stroke-width=\"2\"/>");
            Write(svg, $"<text x=\"{Width - Right + 46}\" y=\"{y + 4}\">{Escaped(policy.Title)}</text>");
        }
        Write(svg, $"</svg>");
        return svg.ToString();
    }

    private static void WriteLine(
        StringBuilder svg, IReadOnlyList<CapacityFigures> rows, double top, string colour, string dashes, Func<CapacityFigures, double> ratio)
    {
        var points = rows.Select(row => string.Create(CultureInfo.InvariantCulture, $"{X(row.Capacity, rows):0.0},{Y(ratio(row), top):0.0}"));
        Write(svg, $"<polyline points=\"{string.Join(' ', points)}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dashes}/>");
    }

    /// <summary>Capacities by their logarithm; one alone stands in the middle.</summary>
    private static double X(int capacity, IReadOnlyList<CapacityFigures> rows)
    {
        var (least, most) = (Math.Log(rows.Min(static row => row.Capacity)), Math.Log(rows.Max(static row => row.Capacity)));
        var share = most > least ? (Math.Log(capacity) - least) / (most - least) : 0.5;
        return Left + (share * (Width - Right - Left));
    }

    private static double Y(double ratio, double top) => Height - Bottom - (ratio / top * (Height - Bottom - Top));

    private static string Escaped(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);

    private static void Write(StringBuilder svg, FormattableString line) => svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}

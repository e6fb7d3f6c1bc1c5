using System.Globalization;
using System.Net;
using System.Text;

namespace Cascade.LoadTests.Reports;

/// <summary>One line of a plot.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Class">The class that colours it: s0 to s5.</param>
/// <param name="Points">Its points, by x.</param>
internal sealed record PlotLine(string Name, string Class, IReadOnlyList<(double X, double Y)> Points);

/// <summary>Draws plots as SVG that takes its colours from the page.</summary>
/// <param name="title">What it shows, for those who cannot see it.</param>
/// <param name="isLog">True for a logarithmic y axis.</param>
/// <param name="label">Writes a value of the y axis.</param>
/// <param name="thousand">What its larger units are powers of: 1,000, or 1,024 for bytes.</param>
internal sealed class SvgPlot(string title, bool isLog, Func<double, string> label, int thousand = 1_000)
{
    private const int Width = 880, Height = 300, Left = 78, Right = 34, Top = 14, Bottom = 34;
    private const int LinearTicks = 5;

    private static readonly double[] TopSteps = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];
    private static readonly double[] TickSteps = [1, 2, 5, 10];

    private readonly StringBuilder _svg = new();
    private double _xMax = 1, _yMin, _yMax = 1;

    /// <summary>Lines over time in seconds, with vertical marks where something happened.</summary>
    public string Lines(IReadOnlyList<PlotLine> lines, IEnumerable<(double X, string Name)> marks)
    {
        // A logarithm has no zero: an interval without an answer is a gap.
        var drawn = lines.Select(line => line with { Points = [.. line.Points.Where(point => !isLog || point.Y > 0)] }).ToList();
        var values = drawn.SelectMany(line => line.Points).ToList();
        _xMax = Math.Max(1, values.Select(point => point.X).DefaultIfEmpty(1).Max());
        Scale(values.Select(point => point.Y));
        Begin();
        var step = StepOf(_xMax);
        for (var second = 0.0; second <= _xMax * 1.000_001; second += step)
            Text(X(second), Height - 12, "middle", $"{N(second)} s");
        foreach (var (x, name) in marks)
        {
            Add($"<line class=\"mark\" x1=\"{N(X(x))}\" x2=\"{N(X(x))}\" y1=\"{Top}\" y2=\"{Height - Bottom}\"/>");
            Text(X(x) + 4, Top + 10, "start", name);
        }

        foreach (var line in drawn)
            AddLine(line);
        return End();
    }

    /// <summary>Bars beside each other; x is labelled by the caller's texts, as many as fit.</summary>
    public string Bars(IReadOnlyList<(string Label, double Value)> bars)
    {
        // A decade below one, so that a bar of one is seen.
        _xMax = Math.Max(1, bars.Count);
        Scale(bars.Select(bar => bar.Value).Append(0.5));
        Begin();
        var every = Math.Max(1, (bars.Count + 9) / 10);
        var width = (double)(Width - Left - Right) / _xMax;
        for (var i = 0; i < bars.Count; i++)
        {
            var (text, value) = bars[i];
            var y = Y(Math.Max(value, _yMin));
            var height = Math.Max(value > 0 ? 1 : 0, Height - Bottom - y);
            Add($"<rect class=\"s0\" x=\"{N(X(i) + (width * 0.06))}\" y=\"{N(Height - Bottom - height)}\" width=\"{N(width * 0.88)}\" height=\"{N(height)}\">"
                + $"<title>up to {E(text)}: {E(label(value))}</title></rect>");
            if (i % every == every - 1)
                Text(X(i + 1), Height - 12, "middle", text);
        }

        return End();
    }

    private void Scale(IEnumerable<double> values)
    {
        var (min, max) = (1e12, 0.0);
        foreach (var value in values.Where(value => value > 0))
            (min, max) = (Math.Min(min, value), Math.Max(max, value));
        if (isLog)
        {
            _yMin = Math.Pow(10, Math.Floor(Math.Log10(Math.Clamp(min, 1e-3, 1e12))));
            _yMax = Math.Max(_yMin * 10, Math.Pow(10, Math.Ceiling(Math.Log10(Math.Max(max, 1e-3)))));
        }
        else
        {
            _yMax = max > 0 ? RoundUp(max) : 1;
        }
    }

    /// <summary>The next number that five equal parts of are short to write.</summary>
    private double RoundUp(double value)
    {
        var unit = Math.Pow(thousand, Math.Max(0, Math.Floor(Math.Log(value, thousand))));
        var power = unit * Math.Pow(10, Math.Floor(Math.Log10(value / unit)));
        return power * TopSteps.First(step => step * power >= value * 0.999_999);
    }

    /// <summary>A round distance of ticks: at most ten of them.</summary>
    private static double StepOf(double length)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(length)) - 1);
        return power * TickSteps.First(step => step * power * 10 >= length * 0.999_999);
    }

    private void Begin()
    {
        _svg.Clear();
        Add($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{E(title)}\"><title>{E(title)}</title>");
        var ticks = isLog
            ? Enumerable.Range(0, (int)Math.Round(Math.Log10(_yMax / _yMin)) + 1).Select(power => _yMin * Math.Pow(10, power))
            : Enumerable.Range(0, LinearTicks + 1).Select(tick => _yMax * tick / LinearTicks);
        foreach (var tick in ticks)
        {
            Add($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{N(Y(tick))}\" y2=\"{N(Y(tick))}\"/>");
            Text(Left - 8, Y(tick) + 4, "end", label(tick));
        }
    }

    private void AddLine(PlotLine line)
    {
        if (line.Points.Count == 0)
            return;
        var points = string.Join(' ', line.Points.Select(point => $"{N(X(point.X))},{N(Y(point.Y))}"));
        Add($"<polyline class=\"{line.Class}\" points=\"{points}\"/>");
        foreach (var (x, y) in line.Points)
            Add($"<circle class=\"{line.Class}\" cx=\"{N(X(x))}\" cy=\"{N(Y(y))}\" r=\"{(line.Points.Count > 120 ? 1 : 2.5)}\">"
                + $"<title>{E(line.Name)} at {N(x)} s: {E(label(y))}</title></circle>");
    }

    private string End()
    {
        Add("</svg>");
        return _svg.ToString();
    }

    private double X(double value) => Left + ((Width - Left - Right) * value / _xMax);

    private double Y(double value)
    {
        var share = isLog ? Math.Log10(value / _yMin) / Math.Log10(_yMax / _yMin) : value / _yMax;
        return Height - Bottom - ((Height - Top - Bottom) * Math.Clamp(share, 0, 1));
    }

    private void Text(double x, double y, string anchor, string text) =>
        Add($"<text x=\"{N(x)}\" y=\"{N(y)}\" text-anchor=\"{anchor}\">{E(text)}</text>");

    private void Add(string svg) => _svg.Append(svg).Append('\n');

    private static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string E(string text) => WebUtility.HtmlEncode(text);
}

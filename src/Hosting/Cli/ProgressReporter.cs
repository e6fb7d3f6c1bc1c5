using System.Globalization;
using System.Text;

namespace Cascade.Hosting.Cli;

/// <summary>
/// Shows how far a long piece of work is: a bar on a terminal, elsewhere a line every two seconds, so that a log stays short.
/// Work done sooner than that says nothing in a log. Reporting costs a look at the clock; thread-safe.
/// </summary>
/// <param name="console">Where to show it.</param>
/// <param name="work">What is being done: "replay".</param>
/// <param name="unit">Writes an amount: a number of requests, a size in bytes.</param>
/// <param name="detail">Asked for more to say whenever something is shown; null for nothing more.</param>
internal sealed class ProgressReporter(CliConsole console, string work, Func<long, string> unit, Func<string>? detail = null)
    : IProgress<(long Done, long Total)>, IDisposable
{
    private const int BarCells = 24;

    private static readonly TimeSpan BarInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(2);

    private readonly long _start = console.Time.GetTimestamp();
    private readonly long _interval =
        (long)((console.ErrorIsTerminal ? BarInterval : LineInterval).TotalSeconds * console.Time.TimestampFrequency);

    private readonly Lock _gate = new();
    private long _next = console.Time.GetTimestamp()
        + (long)((console.ErrorIsTerminal ? BarInterval : LineInterval).TotalSeconds * console.Time.TimestampFrequency);

    /// <summary>Says how much is done; a total of 0 when it is not known.</summary>
    public void Report((long Done, long Total) value)
    {
        var now = console.Time.GetTimestamp();
        if (now < Volatile.Read(ref _next))
            return;
        lock (_gate)
        {
            if (now < _next)
                return;
            Volatile.Write(ref _next, now + _interval);
            Show(value.Done, value.Total, console.Time.GetElapsedTime(_start, now));
        }
    }

    /// <summary>Takes the bar away.</summary>
    public void Dispose() => console.HideBar();

    private void Show(long done, long total, TimeSpan elapsed)
    {
        var text = new StringBuilder(work);
        var share = total > 0 ? Math.Clamp((double)done / total, 0, 1) : 0;
        if (total > 0 && console.ErrorIsTerminal)
            text.Append(" [").Append('#', (int)(share * BarCells)).Append('.', BarCells - (int)(share * BarCells)).Append(']');
        if (total > 0)
            text.Append(CultureInfo.InvariantCulture, $" {Math.Floor(share * 100):0}% ({unit(done)} of {unit(total)}");
        else
            text.Append(CultureInfo.InvariantCulture, $" ({unit(done)}");
        if (share is > 0 and < 1)
            text.Append(CultureInfo.InvariantCulture, $", {TimeLeft(elapsed * ((1 - share) / share))} left");
        text.Append(')');
        if (detail is not null)
            text.Append(": ").Append(detail());

        if (console.ErrorIsTerminal)
            console.ShowBar(text.ToString());
        else
            console.Say(text.ToString());
    }

    private static string TimeLeft(TimeSpan left) => left switch
    {
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(left.TotalSeconds):0} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(left.TotalMinutes):0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(left.TotalHours):0} h"),
    };
}

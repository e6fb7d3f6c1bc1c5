using Cascade.Hosting.Cli;

namespace Cascade.Hosting.Tests.Cli;

public sealed class ProgressReporterTests : IDisposable
{
    private readonly StringWriter _error = new();
    private readonly HandTime _time = new();

    public void Dispose() => _error.Dispose();

    [Fact]
    public void A_log_gets_a_line_every_two_seconds()
    {
        using (var progress = Reporter(isTerminal: false))
        {
            for (var i = 0; i <= 50; i++)
            {
                progress.Report((i, 100));
                _time.Advance(TimeSpan.FromMilliseconds(100));
            }
        }

        Assert.Equal("fill 20% (20 of 100, 8 s left): warm\nfill 40% (40 of 100, 6 s left): warm\n", _error.ToString());
    }

    [Fact]
    public void Short_work_says_nothing_in_a_log()
    {
        using (var progress = Reporter(isTerminal: false))
            progress.Report((1, 2));
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public void A_terminal_gets_a_bar_that_is_taken_away()
    {
        using (var progress = Reporter(isTerminal: true))
        {
            progress.Report((0, 4));
            _time.Advance(TimeSpan.FromMilliseconds(100));
            progress.Report((1, 4));
            progress.Report((2, 4));
        }

        Assert.Equal("\rfill [######..................] 25% (1 of 4, 1 s left): warm\e[K\r\e[K", _error.ToString());
    }

    [Fact]
    public void Talk_takes_the_bar_away_first()
    {
        var console = new CliConsole(TextWriter.Null, _error, errorIsTerminal: true, _time);
        console.ShowBar("bar");
        console.Say("line");
        console.Say("line");
        Assert.Equal("\rbar\e[K\r\e[Kline\nline\n", _error.ToString());
    }

    [Fact]
    public void A_bar_is_cut_to_the_width_of_the_terminal()
    {
        new CliConsole(TextWriter.Null, _error, errorIsTerminal: true, _time, errorColumns: 5).ShowBar("12345");
        Assert.Equal("\r1234\e[K", _error.ToString());
    }

    [Fact]
    public void An_unknown_total_is_left_out()
    {
        using var progress = Reporter(isTerminal: false);
        _time.Advance(TimeSpan.FromSeconds(3));
        progress.Report((7, 0));
        Assert.Equal("fill (7): warm\n", _error.ToString());
    }

    private ProgressReporter Reporter(bool isTerminal) =>
        new(new CliConsole(TextWriter.Null, _error, isTerminal, _time), "fill", HumanText.Count, static () => "warm");

    /// <summary>A clock that a test moves.</summary>
    private sealed class HandTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan by) => _ticks += by.Ticks;
    }
}

using Cascade.Hosting.Cli;
using Cascade.Hosting.Cli.Fleet;

namespace Cascade.Hosting.Tests.Cli.Fleet;

public sealed class LineForwarderTests
{
    [Fact]
    public async Task Lines_that_a_stopped_terminal_has_no_room_for_are_left_out_and_counted()
    {
        using var terminal = new StoppedTerminal();
        await using (var forwarder = new LineForwarder(new CliConsole(TextWriter.Null, terminal, errorIsTerminal: false, TimeProvider.System)))
        {
            forwarder.Say("first");
            await terminal.Reached;
            for (var n = 0; n < LineForwarder.LinesMax + 5; n++)
                forwarder.Say("more");
            terminal.GoOn();
        }

        var lines = terminal.ToString().TrimEnd('\n').Split('\n');
        Assert.Equal(LineForwarder.LinesMax + 2, lines.Length);
        Assert.Equal(("first", "(5 lines of the nodes left out: they came faster than they could be shown)", "more"), (lines[0], lines[1], lines[2]));
    }

    /// <summary>Takes no line until it may go on.</summary>
    private sealed class StoppedTerminal : StringWriter
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _mayGoOn = new();

        public Task Reached => _reached.Task;

        public void GoOn() => _mayGoOn.Set();

        public override void WriteLine(string? value)
        {
            _reached.TrySetResult();
            _mayGoOn.Wait(TestContext.Current.CancellationToken);
            base.WriteLine(value);
        }

        protected override void Dispose(bool disposing)
        {
            _mayGoOn.Dispose();
            base.Dispose(disposing);
        }
    }
}

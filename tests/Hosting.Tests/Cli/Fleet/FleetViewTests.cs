using Cascade.Hosting.Cli;
using Cascade.Hosting.Cli.Fleet;

namespace Cascade.Hosting.Tests.Cli.Fleet;

/// <summary>What of a fleet needs no process.</summary>
public sealed class FleetViewTests
{
    [Fact]
    public void Table_has_a_row_for_each_node()
    {
        using var output = new StringWriter();
        TableOutput.Write(output, FleetTable.Of([(0, 81, 4001), (10, 123456, 40002)], 3 << 19));
        Assert.Equal(
            """
            node process address          memory
               0      81 127.0.0.1:4001  1.5 MiB
              10  123456 127.0.0.1:40002 1.5 MiB
            """,
            string.Join('\n', output.ToString().Split('\n').Select(line => line.TrimEnd())).TrimEnd('\n'));
    }

    [Theory]
    [InlineData(3, 30, 100, 90)]
    [InlineData(3, 31, 0, 0)]
    [InlineData(0, 31, 100, 0)]
    public void Arenas_that_fit_are_let_through(int arenas, long capacity, long total, long free) =>
        FleetRoom.Require("/dev/shm", arenas, capacity, total, free);

    [Theory]
    [InlineData(3, 31, "3 arenas of 31 B need 93 B, but /dev/shm has 90 B free of 100 B. Start fewer nodes, ")]
    [InlineData(64, 1L << 62, "64 arenas of 4 EiB need 295147905179352825856 B, but ")]
    public void Arenas_that_do_not_fit_are_refused_with_the_numbers(int arenas, long capacity, string message)
    {
        var refusal = Assert.Throws<CliException>(() => FleetRoom.Require("/dev/shm", arenas, capacity, 100, 90));
        Assert.Equal(ExitCode.Unavailable, refusal.ExitCode);
        Assert.StartsWith(message, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Arenas_that_are_there_already_have_their_room()
    {
        var folder = Directory.CreateTempSubdirectory("cascade-room-").FullName;
        try
        {
            var settings = new FleetSettings("room", folder);
            Assert.Throws<CliException>(() => FleetRoom.Require(settings, 1, 1L << 50));
            File.WriteAllText(settings.ArenaPath(0), "");
            FleetRoom.Require(settings, 1, 1L << 50);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Ports_are_different_ones()
    {
        var ports = FreePorts.Take(NodeFleet.NodesMax);
        Assert.Equal(NodeFleet.NodesMax, ports.Distinct().Count());
        Assert.DoesNotContain(0, ports);
    }

    [Fact]
    public async Task End_of_the_input_is_told_and_what_comes_before_is_not()
    {
        using var input = new OpenInput();
        using var end = new StandardInputEnd(input, CancellationToken.None);
        await input.ReadTwice;
        Assert.False(end.Token.IsCancellationRequested);
        input.End();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(TimeSpan.FromMinutes(1), end.Token));
    }

    [Fact]
    public void Signal_counts_as_the_end_of_the_input()
    {
        using var input = new OpenInput();
        using var signal = new CancellationTokenSource();
        using var end = new StandardInputEnd(input, signal.Token);
        signal.Cancel();
        Assert.True(end.Token.IsCancellationRequested);
        input.End();
    }

    /// <summary>An input with one byte in it, that stays open until it is ended.</summary>
    private sealed class OpenInput : MemoryStream
    {
        private readonly TaskCompletionSource _readTwice = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _end = new();
        private bool _isRead;

        public Task ReadTwice => _readTwice.Task;

        public void End() => _end.SetResult();

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (!_isRead)
            {
                _isRead = true;
                return 1;
            }

            _readTwice.TrySetResult();
            _end.Task.Wait();
            return 0;
        }
    }
}

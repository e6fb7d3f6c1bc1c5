namespace Cascade.Hosting.Cli;

/// <summary>Where the program speaks: data to <see cref="Out"/>, talk to the error stream. Talk is thread-safe.</summary>
/// <param name="output">Takes data.</param>
/// <param name="error">Takes talk.</param>
/// <param name="errorIsTerminal">True when a person may be watching the error stream.</param>
/// <param name="time">The clock.</param>
/// <param name="errorColumns">Width of that terminal: a bar that is wider would not be erased whole.</param>
internal sealed class CliConsole(
    TextWriter output, TextWriter error, bool errorIsTerminal, TimeProvider time, int errorColumns = CliConsole.ColumnsDefault)
{
    private const int ColumnsDefault = 120;
    private const string EraseLine = "\r\e[K";

    private readonly Lock _gate = new();
    private bool _barIsShown;

    /// <summary>The streams of this process.</summary>
    public static CliConsole OfProcess() => Console.IsErrorRedirected
        ? new(Console.Out, Console.Error, errorIsTerminal: false, TimeProvider.System) { OutputIsTerminal = !Console.IsOutputRedirected }
        : new(Console.Out, Console.Error, errorIsTerminal: true, TimeProvider.System, Console.WindowWidth) { OutputIsTerminal = !Console.IsOutputRedirected };

    /// <summary>Takes data: tables, JSON documents, help that was asked for.</summary>
    public TextWriter Out { get; } = output;

    /// <summary>Takes talk. Whole lines go through <see cref="Say"/>, which knows of a progress bar.</summary>
    public TextWriter Error { get; } = error;

    /// <summary>True when a person may be watching the error stream.</summary>
    public bool ErrorIsTerminal { get; } = errorIsTerminal;

    /// <summary>True when a person may be watching the output.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Opens the standard input for bytes.</summary>
    public Func<Stream> OpenInput { get; init; } = Console.OpenStandardInput;

    /// <summary>Opens the standard output for bytes; what <see cref="Out"/> took before is to be flushed.</summary>
    public Func<Stream> OpenOutput { get; init; } = Console.OpenStandardOutput;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; } = time;

    /// <summary>Writes a line of talk.</summary>
    public void Say(string line)
    {
        lock (_gate)
        {
            EraseBar();
            Error.WriteLine(line);
            Error.Flush();
        }
    }

    /// <summary>Puts a bar in the place of the last one. For terminals.</summary>
    public void ShowBar(string bar)
    {
        lock (_gate)
        {
            Error.Write($"\r{(bar.Length < errorColumns ? bar : bar[..Math.Max(0, errorColumns - 1)])}\e[K");
            Error.Flush();
            _barIsShown = true;
        }
    }

    /// <summary>Takes the bar away.</summary>
    public void HideBar()
    {
        lock (_gate)
        {
            EraseBar();
            Error.Flush();
        }
    }

    private void EraseBar()
    {
        if (_barIsShown)
            Error.Write(EraseLine);
        _barIsShown = false;
    }
}

namespace Cascade.Hosting.Cli;

/// <summary>Where the program speaks: data to <see cref="Out"/>, talk to the error stream. Thread-safe but for <see cref="Out"/>.</summary>
internal sealed class CliConsole(TextWriter output, TextWriter error, bool errorIsTerminal, TimeProvider time)
{
    private const string EraseLine = "\r\e[K";

    private readonly Lock _gate = new();
    private bool _barIsShown;

    /// <summary>The streams of this process.</summary>
    public static CliConsole OfProcess() => new(Console.Out, Console.Error, !Console.IsErrorRedirected, TimeProvider.System);

    /// <summary>Takes data: tables, JSON documents, help that was asked for.</summary>
    public TextWriter Out { get; } = output;

    /// <summary>Takes talk. Whole lines go through <see cref="Say"/>, which knows of a progress bar.</summary>
    public TextWriter Error { get; } = error;

    /// <summary>True when a person may be watching the error stream.</summary>
    public bool ErrorIsTerminal { get; } = errorIsTerminal;

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
            Error.Write($"\r{bar}\e[K");
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

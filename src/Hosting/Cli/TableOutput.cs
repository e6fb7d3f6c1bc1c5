using Spectre.Console;

namespace Cascade.Hosting.Cli;

/// <summary>Prints tables for people. In a file or a pipe they are plain text.</summary>
internal static class TableOutput
{
    private const int Columns = 120;

    /// <summary>A table of names and values.</summary>
    public static Table OfValues(params ReadOnlySpan<(string Name, string Value)> rows)
    {
        var table = new Table().Border(TableBorder.None).HideHeaders()
            .AddColumn(new TableColumn("").NoWrap())
            .AddColumn(new TableColumn("").NoWrap().RightAligned());
        foreach (var (name, value) in rows)
            table.AddRow(new Text(name), new Text(value));
        return table;
    }

    /// <summary>Prints a table.</summary>
    public static void Write(TextWriter output, Table table)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = Columns;
        console.Write(table);
        output.Flush();
    }
}

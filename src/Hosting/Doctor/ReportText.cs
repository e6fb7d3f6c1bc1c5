using System.Text;
using Cascade.Hosting.Cli;

namespace Cascade.Hosting.Doctor;

/// <summary>The report for people: a mark, a name and what was found on each line, with the cure below where there is one.</summary>
internal static class ReportText
{
    private const int Columns = 120;
    private const string Reset = "\e[0m";

    /// <summary>Writes the report.</summary>
    /// <param name="output">Takes it.</param>
    /// <param name="report">What was found.</param>
    /// <param name="isColored">Whether marks are colored by terminal codes.</param>
    public static void Write(TextWriter output, DoctorReport report, bool isColored)
    {
        var marks = Enum.GetValues<CheckStatus>().Max(status => HumanText.Name(status).Length);
        var names = report.Checks.Max(check => check.Name.Length);
        var indent = marks + names + 4;
        foreach (var check in report.Checks)
        {
            var mark = HumanText.Name(check.Status).PadRight(marks);
            output.Write($"{(isColored ? $"{ColorOf(check.Status)}{mark}{Reset}" : mark)}  {check.Name.PadRight(names)}  ");
            WriteWrapped(output, $"{check.Found} -> {check.Effect}", indent);
            if (check.Cure is not { } cure)
                continue;
            output.Write(new string(' ', indent));
            WriteWrapped(output, $"cure: {cure}", indent);
        }

        output.WriteLine();
        output.WriteLine(Summary(report));
        output.Flush();
    }

    private static string Summary(DoctorReport report) =>
        $"{report.Ok} ok, {Plural(report.Notes, "note")}, {Plural(report.Problems, "problem")}";

    private static string Plural(int count, string word) => count == 1 ? $"1 {word}" : $"{count} {word}s";

    private static string ColorOf(CheckStatus status) => status switch
    {
        CheckStatus.Ok => "\e[32m",
        CheckStatus.Note => "\e[33m",
        _ => "\e[1;31m",
    };

    /// <summary>Breaks at spaces; a word that is too long for a line stays whole, because it is a path or a command.</summary>
    private static void WriteWrapped(TextWriter output, string text, int indent)
    {
        var line = new StringBuilder();
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && indent + line.Length + 1 + word.Length > Columns)
            {
                output.WriteLine(line);
                output.Write(new string(' ', indent));
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        output.WriteLine(line);
    }
}

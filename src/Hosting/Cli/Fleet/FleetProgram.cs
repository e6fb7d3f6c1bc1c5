namespace Cascade.Hosting.Cli.Fleet;

/// <summary>What a node's process runs: a file, and the arguments before those of the node.</summary>
/// <param name="FileName">Path of the file to execute, or a name on the PATH.</param>
/// <param name="Arguments">What comes before the verb.</param>
internal sealed record FleetProgram(string FileName, IReadOnlyList<string> Arguments)
{
    private const string Host = "dotnet";

    /// <summary>This very program, started as this process was: by the runtime's host, or as an executable of its own.</summary>
    public static FleetProgram This { get; } = Of(typeof(FleetProgram).Assembly.Location, Environment.ProcessPath);

    /// <summary>The program of an assembly that runs in a process.</summary>
    /// <param name="assemblyPath">Path of the program's assembly.</param>
    /// <param name="processPath">What the process executes; null when that is not known.</param>
    public static FleetProgram Of(string assemblyPath, string? processPath)
    {
        var name = Path.GetFileNameWithoutExtension(processPath);
        if (processPath is not null && name == Path.GetFileNameWithoutExtension(assemblyPath))
            return new(processPath, []);
        return new(processPath is not null && name == Host ? processPath : Host, ["exec", assemblyPath]);
    }
}

namespace Cascade.Hosting.Configuration.Hocon;

/// <summary>The layer that a configuration value came from, weakest first.</summary>
public enum OriginKind
{
    /// <summary>The defaults shipped in the program.</summary>
    Reference = 0,

    /// <summary>A file, or text that a program handed over.</summary>
    File = 1,

    /// <summary>An environment variable.</summary>
    Environment = 2,

    /// <summary>A <c>--set</c> argument.</summary>
    CommandLine = 3,
}

/// <summary>Where a value or an error stands.</summary>
/// <param name="Kind">The layer.</param>
/// <param name="Source">The file's path, the variable's name, or the argument.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column in Unicode code points, from 1.</param>
public readonly record struct Origin(OriginKind Kind, string Source, int Line, int Column)
{
    /// <summary><c>file:line:column</c>, as editors and terminals understand it; a variable has no lines.</summary>
    public override string ToString() => Kind == OriginKind.Environment
        ? $"environment variable {Source}"
        : $"{Source}:{Line}:{Column}";
}

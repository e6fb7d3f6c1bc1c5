using Cascade.Hosting.Configuration.Hocon;

namespace Cascade.Hosting.Configuration;

/// <summary>The defaults, embedded in the program.</summary>
internal static class ReferenceSource
{
    public const string Name = "reference.conf";

    public static SourceText Read()
    {
        using var stream = typeof(ReferenceSource).Assembly.GetManifestResourceStream(Name)
            ?? throw new InvalidOperationException($"{Name} is not embedded in the program; check the project file.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return SourceText.Decode(OriginKind.Reference, Name, bytes);
    }
}

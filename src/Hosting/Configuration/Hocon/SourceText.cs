using System.Buffers;
using System.Text.Unicode;

namespace Cascade.Hosting.Configuration.Hocon;

/// <summary>Text to parse, with what its errors and includes need to know about it.</summary>
/// <param name="Kind">The layer that its values belong to.</param>
/// <param name="Name">What errors call it: a path as the user wrote it.</param>
/// <param name="Text">The characters.</param>
/// <param name="FullPath">The file it was read from, or null; relative includes start beside it.</param>
internal sealed record SourceText(OriginKind Kind, string Name, string Text, string? FullPath = null)
{
    public Origin At(int line, int column) => new(Kind, Name, line, column);

    /// <summary>Decodes UTF-8 strictly.</summary>
    /// <exception cref="HoconException">The bytes are not UTF-8; the error names the first bad one.</exception>
    public static SourceText Decode(OriginKind kind, string name, ReadOnlySpan<byte> utf8, string? fullPath = null)
    {
        var chars = new char[utf8.Length];
        // A byte order mark is no part of the first line, and editors count no column for it.
        var mark = utf8.StartsWith("\uFEFF"u8) ? 3 : 0;
        var status = Utf8.ToUtf16(utf8[mark..], chars, out var read, out var written, replaceInvalidSequences: false);
        if (status == OperationStatus.Done)
            return new SourceText(kind, name, new string(chars, 0, written), fullPath);
        var (line, column) = EndOf(chars.AsSpan(0, written));
        throw new HoconException(
            new Origin(kind, name, line, column),
            $"byte 0x{utf8[mark + read]:x2} at offset {mark + read} is not valid UTF-8; save the file as UTF-8.");
    }

    private static (int Line, int Column) EndOf(ReadOnlySpan<char> text)
    {
        var line = 1;
        var column = 1;
        foreach (var c in text)
            (line, column) = c == '\n' ? (line + 1, 1) : (line, char.IsLowSurrogate(c) ? column : column + 1);
        return (line, column);
    }
}

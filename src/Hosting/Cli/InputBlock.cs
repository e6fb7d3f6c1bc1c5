using System.Runtime.InteropServices;

namespace Cascade.Hosting.Cli;

/// <summary>The bytes of a file or of the standard input, in memory outside the managed heap: a block may be larger than an array.</summary>
internal sealed class InputBlock : IDisposable
{
    /// <summary>The name of the standard input and output.</summary>
    public const string Standard = "-";

    /// <summary>Most bytes that a block has.</summary>
    public const long BytesMax = 4L << 30;

    private const int PieceBytes = 1 << 20;

    private nint _address;
    private long _capacity;

    private InputBlock()
    {
    }

    /// <summary>The bytes; good until this is disposed.</summary>
    public NativeBytes Bytes => new(_address, LengthBytes);

    /// <summary>Their number, 1 to <see cref="BytesMax"/>.</summary>
    public long LengthBytes { get; private set; }

    /// <summary>Reads to the end.</summary>
    /// <param name="console">Whose standard input it may be.</param>
    /// <param name="file">Path of the file, or <see cref="Standard"/>.</param>
    /// <param name="cancellationToken">Gives it up, also while the standard input is waited for.</param>
    /// <param name="bytesMax">Most bytes that are taken.</param>
    /// <exception cref="CliException">It cannot be read, has no byte, or more than a block may have.</exception>
    public static async Task<InputBlock> ReadAsync(CliConsole console, string file, CancellationToken cancellationToken, long bytesMax = BytesMax)
    {
        var name = file == Standard ? "the standard input" : $"'{KeyOptions.Shown(file)}'";
        var block = new InputBlock();
        try
        {
            await using var stream = Open(console, file);
            if (stream.CanSeek && stream.Length is > 0 and var length)
                block.Grow(Math.Min(length, bytesMax));
            var piece = new byte[PieceBytes];
            while (await stream.ReadAsync(piece, cancellationToken).AsTask().WaitAsync(cancellationToken) is > 0 and var read)
            {
                if (read > bytesMax - block.LengthBytes)
                    throw new CliException(ExitCode.Usage, $"{name} is too large: a block has {HumanText.Size(bytesMax)} at most");
                block.Append(piece.AsSpan(0, read), bytesMax);
            }

            return block.LengthBytes > 0 ? block : throw new CliException(ExitCode.Usage, $"{name} is empty: a block has at least 1 byte");
        }
        catch (Exception e)
        {
            block.Dispose();
            if (e is IOException or UnauthorizedAccessException or ArgumentException)
                throw new CliException(ExitCode.Usage, $"cannot read {name}: {e.Message}", e);
            if (e is OutOfMemoryException)
                throw new CliException(ExitCode.Failed, $"{name} does not fit the memory of this machine", e);
            throw;
        }
    }

    /// <summary>Lets the memory go.</summary>
    public unsafe void Dispose()
    {
        NativeMemory.Free((void*)_address);
        (_address, _capacity, LengthBytes) = (0, 0, 0);
    }

    private static Stream Open(CliConsole console, string file)
    {
        if (file == Standard)
            return console.OpenInput();
        if (Directory.Exists(file))
            throw new IOException("it is a directory.");
        return new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
    }

    private unsafe void Append(ReadOnlySpan<byte> piece, long bytesMax)
    {
        if (LengthBytes + piece.Length > _capacity)
            Grow(Math.Min(bytesMax, Math.Max(LengthBytes + piece.Length, _capacity * 2)));
        piece.CopyTo(new Span<byte>((byte*)_address + LengthBytes, piece.Length));
        LengthBytes += piece.Length;
    }

    private unsafe void Grow(long capacity) => (_address, _capacity) = ((nint)NativeMemory.Realloc((void*)_address, (nuint)capacity), capacity);
}

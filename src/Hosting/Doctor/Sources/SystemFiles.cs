using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Cascade.Hosting.Doctor.Sources;

/// <summary>The files of this machine.</summary>
internal sealed unsafe class SystemFiles : ISystemFiles
{
    private const int TextBytesMax = 1 << 20;
    private const int PageBytes = 4096;

    /// <inheritdoc/>
    public string? ReadText(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            var bytes = new byte[TextBytesMax];
            return Encoding.UTF8.GetString(bytes, 0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public bool Exists(string path) => Path.Exists(path);

    /// <inheritdoc/>
    public bool IsDirectory(string path) => Directory.Exists(path);

    /// <inheritdoc/>
    public string RealPathOf(string path)
    {
        var real = "/";
        foreach (var name in Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(real, name);
            real = Path.Exists(next) && Directory.ResolveLinkTarget(next, returnFinalTarget: true) is { } target ? RealPathOf(target.FullName) : next;
        }

        return real;
    }

    /// <inheritdoc/>
    public long BytesOf(string directory, string pattern) => new DirectoryInfo(directory).EnumerateFiles(pattern).Sum(file => file.Length);

    /// <inheritdoc/>
    public VolumeSpace SpaceOf(string directory)
    {
        var volume = new DriveInfo(directory);
        return new VolumeSpace(volume.TotalSize, volume.AvailableFreeSpace);
    }

    /// <inheritdoc/>
    public DirectIoOutcome TryDirectIo(string directory)
    {
        var path = Path.Combine(directory, $".cascade-doctor-{Environment.ProcessId}-{Guid.NewGuid():n}");
        try
        {
            using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

            // The open file needs no name: whatever happens now, nothing is left.
            File.Delete(path);
            return NativeFunctions.SetDirect(file) is var error and not 0
                ? new DirectIoOutcome(DirectIoResult.Refused, Marshal.GetPInvokeErrorMessage(error))
                : TransferPage(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new DirectIoOutcome(DirectIoResult.Failed, e.Message.Replace(path, directory, StringComparison.Ordinal));
        }
    }

    private static DirectIoOutcome TransferPage(SafeFileHandle file)
    {
        var memory = (byte*)NativeMemory.AlignedAlloc(2 * PageBytes, PageBytes);
        try
        {
            Span<byte> written = new(memory, PageBytes), read = new(memory + PageBytes, PageBytes);
            RandomNumberGenerator.Fill(written);
            read.Clear();
            try
            {
                RandomAccess.Write(file, written, 0);
            }
            catch (IOException e) when (IsRefusal(e))
            {
                return new DirectIoOutcome(DirectIoResult.Refused, e.Message);
            }

            var isWhole = RandomAccess.Read(file, read, 0) == PageBytes && read.SequenceEqual(written);
            return isWhole ? new DirectIoOutcome(DirectIoResult.Direct, "") : new DirectIoOutcome(DirectIoResult.Failed, "other bytes came back than were written");
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    /// <summary>Some file systems take the flag and refuse the transfer, by EINVAL; .NET keeps the errno as the result code.</summary>
    private static bool IsRefusal(IOException failure) => failure.HResult == 22;
}

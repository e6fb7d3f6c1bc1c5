using System.Globalization;
using System.Security.Cryptography;
using Cascade.Tiers.Native;

namespace Cascade.Tiers.Cold;

/// <summary>Names a cold directory that nodes share, so that those that see one directory can be told from those that see different ones.</summary>
internal static class SharedDirectory
{
    /// <summary>File in the directory that holds its name.</summary>
    public const string IdFile = "cascade-directory.id";

    private const int IdBytes = 16;

    /// <summary>The name of the directory: 32 hexadecimal digits, drawn by the first node that asks and the same for all after it.</summary>
    /// <exception cref="ColdRefusedException">It can be neither written nor read; the message says why and what to do.</exception>
    public static string IdOf(string directory)
    {
        var path = Path.Combine(directory, IdFile);
        try
        {
            if (!File.Exists(path))
                Write(directory, path);
            var id = File.ReadAllText(path).Trim();
            if (id.Length != 2 * IdBytes || !id.All(char.IsAsciiHexDigitLower))
                throw new ColdRefusedException($"{path} does not hold the name of a directory: remove it while no node uses the directory, and start again.");
            return id;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ColdRefusedException(
                $"The cold directory {directory} cannot be shared: {e.Message} Give this user the right to read and write there, or set cascade.tiers.cold.shared = false.", e);
        }
    }

    /// <summary>Written under a name of its own first: what has the final name is whole, and the first to give it that name wins.</summary>
    private static void Write(string directory, string path)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
        var draft = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{IdFile}.{id}"));
        try
        {
            using (var file = new FileStream(draft, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                file.Write(System.Text.Encoding.ASCII.GetBytes(id + "\n"));
                file.Flush(flushToDisk: true);
            }

            // A second name fails when the name is taken; the framework's move looks first and then replaces what came in between.
            if (Libc.link(draft, path) != 0 && Errno.Last != Errno.EEXIST)
                throw Errno.Failure("Naming", path);
        }
        finally
        {
            File.Delete(draft);
        }
    }
}

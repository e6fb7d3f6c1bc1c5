using System.Globalization;
using System.Runtime.CompilerServices;

namespace Cascade.Core.Tests.Hashing;

/// <summary>The published BLAKE3 test vectors, from Blake3Vectors.txt beside this file.</summary>
internal static class OfficialVectors
{
    public static readonly IReadOnlyList<(int LengthBytes, string Digest)> All = Read();

    /// <summary>The published input: byte i is i mod 251.</summary>
    public static byte[] Input(int lengthBytes)
    {
        var input = new byte[lengthBytes];
        for (var i = 0; i < input.Length; i++)
            input[i] = (byte)(i % 251);
        return input;
    }

    private static List<(int LengthBytes, string Digest)> Read([CallerFilePath] string thisFile = "") =>
        File.ReadLines(Path.Combine(Path.GetDirectoryName(thisFile)!, "Blake3Vectors.txt"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(' '))
            .Select(fields => (int.Parse(fields[0], CultureInfo.InvariantCulture), fields[1]))
            .ToList();
}

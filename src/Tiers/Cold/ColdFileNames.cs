using System.Globalization;

namespace Cascade.Tiers.Cold;

/// <summary>How the files of a cold directory are named.</summary>
internal static class ColdFileNames
{
    private const string Prefix = "agg_rank";
    private const string Suffix = ".bin";

    public static string Aggregated(int rank, uint file) =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}{rank:000}_{file:000000}{Suffix}");

    public static string Checkpoint(int rank, int slot) => string.Create(CultureInfo.InvariantCulture, $"index_rank{rank:000}_{slot}.ckpt");

    public static string Lock(int rank) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{rank:000}.lock");

    /// <summary>Takes an aggregated file's name apart; false for any other name, also for one that no rank would give.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, out int rank, out uint file)
    {
        (rank, file) = (0, 0);
        if (!name.StartsWith(Prefix, StringComparison.Ordinal) || !name.EndsWith(Suffix, StringComparison.Ordinal))
            return false;
        var middle = name[Prefix.Length..^Suffix.Length];
        var at = middle.IndexOf('_');
        return at > 0
            && int.TryParse(middle[..at], NumberStyles.None, CultureInfo.InvariantCulture, out rank)
            && uint.TryParse(middle[(at + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out file)
            && file > 0
            && name.SequenceEqual(Aggregated(rank, file));
    }
}

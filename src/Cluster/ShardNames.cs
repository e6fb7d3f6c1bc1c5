using System.Globalization;

namespace Cascade.Cluster;

/// <summary>The names of shards, made once.</summary>
internal static class ShardNames
{
    private static readonly string[] Names =
        [.. Enumerable.Range(0, 1024).Select(i => i.ToString(CultureInfo.InvariantCulture))];

    /// <summary>The shard of a uniform 64-bit prefix, of <paramref name="shards"/> (1 to 1,024).</summary>
    public static string Of(ulong prefix, int shards) => Names[prefix % (ulong)shards];
}

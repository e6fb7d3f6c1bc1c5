using System.Globalization;
using Cascade.Core.Sharding;

namespace Cascade.Cluster;

/// <summary>The names of shards, made once.</summary>
internal static class ShardNames
{
    private static readonly string[] Names = [.. Enumerable.Range(0, ShardMap.Shards).Select(i => i.ToString(CultureInfo.InvariantCulture))];

    /// <summary>The name of a shard.</summary>
    public static string Of(int shard) => Names[shard];
}

using System.Globalization;

namespace Cascade.Cluster;

/// <summary>The names of shards, made once.</summary>
internal sealed class ShardNames(int shards)
{
    private readonly string[] _names = [.. Enumerable.Range(0, shards).Select(i => i.ToString(CultureInfo.InvariantCulture))];

    /// <summary>The shard of a uniform 64-bit prefix.</summary>
    public string Of(ulong prefix) => _names[prefix % (ulong)_names.Length];
}

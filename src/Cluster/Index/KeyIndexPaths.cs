using System.Globalization;
using Cascade.Core.Indices;

namespace Cascade.Cluster.Index;

/// <summary>Where the lanes of the key index are: the same on all nodes.</summary>
public static class KeyIndexPaths
{
    private static readonly string[] Names =
        [.. Enumerable.Range(0, KeyLanes.Count).Select(static lane => string.Create(CultureInfo.InvariantCulture, $"key-index-{lane}"))];

    private static readonly string[] Paths = [.. Names.Select(static name => "/user/" + name)];

    /// <summary>The name to start a lane's actor under.</summary>
    /// <param name="lane">0 to <see cref="KeyLanes.Count"/> - 1.</param>
    public static string NameOf(int lane) => Names[lane];

    /// <summary>The path of a lane's actor.</summary>
    /// <param name="lane">0 to <see cref="KeyLanes.Count"/> - 1.</param>
    public static string Of(int lane) => Paths[lane];
}

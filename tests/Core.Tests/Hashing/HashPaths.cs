using Cascade.Core.Hashing;

namespace Cascade.Core.Tests.Hashing;

/// <summary>The kernel paths by name, so that one which this CPU lacks is skipped by name.</summary>
internal static class HashPaths
{
    public static TheoryData<string> All => [.. Enum.GetNames<SimdPath>()];

    public static TheoryData<string> Wide => [.. Enum.GetNames<SimdPath>().Where(name => name != nameof(SimdPath.Scalar))];

    public static SimdPath Require(string name)
    {
        var path = Enum.Parse<SimdPath>(name);
        Assert.SkipUnless(LaneHashing.IsSupported(path), $"This CPU has no {LaneHashing.NameOf(path)} kernel.");
        return path;
    }
}

using System.Globalization;
using Cascade.Ranks;

// One rank of an MPI job that plays its part in a scenario. Says figures, "rank N ok" when all went as it should, and "rank N" with how MPI was left; what went wrong is on
// the error stream.
// Usage: cascade-ranks SCENARIO FOLDER, where the folder is empty and the same for all ranks.
try
{
    if (args[0].StartsWith("cache", StringComparison.Ordinal))
    {
        await using var cache = new CachePart(args[1]);
        await cache.PlayAsync(args[0]);
        return 0;
    }

    using var part = new Part(args[1]);
    part.Play(args[0]);
    return 0;
}
catch (Exception failure)
{
    Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"failed: {failure}"));
    return 1;
}

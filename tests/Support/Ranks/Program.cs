using System.Globalization;
using Cascade.Ranks;

// One rank of an MPI job that plays its part in a scenario. Says "rank N ok END" at its end, where END is how MPI was left, and figures before it; what went wrong is on the error stream.
// Usage: cascade-ranks SCENARIO FOLDER, where the folder is empty and the same for all ranks.
try
{
    using var part = new Part(args[1]);
    part.Play(args[0]);
    return 0;
}
catch (Exception failure)
{
    Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"failed: {failure}"));
    return 1;
}

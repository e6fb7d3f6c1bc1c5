namespace Cascade.Hosting.Benchmarks.Ranks;

/// <summary>What reading blocks by MPI costs, beside the bare calls; medians of one run of three ranks on one machine that talk by TCP.</summary>
/// <param name="Fabric">mpi.</param>
/// <param name="BlockBytes">Length of each block.</param>
/// <param name="RawGbps">The yardstick, in 10^9 bytes a second: <c>MPI_Rget</c> and <c>MPI_Test</c>, in pieces of the fabric's size and number.</param>
/// <param name="GetGbps">Gets by lease on memory of the reader's process, one after another, each held against the block's id.</param>
/// <param name="P50Us">Median time of such a get.</param>
/// <param name="FirstP50Us">Median time of the first get of each block: its owner is asked too.</param>
/// <param name="SmallIdleP50Us">Median time of a get of a 4 KiB block while nothing else goes on.</param>
/// <param name="SmallBesideP50Us">The same while another thread gets blocks of 160 MiB of the same holder.</param>
/// <param name="BesideGbps">How fast those came meanwhile.</param>
/// <param name="OneReaderGbps">One rank reads one block again and again.</param>
/// <param name="AllReadersGbps">All ranks read it as often, its holder among them, by copying: the bytes of all until the last is done.</param>
/// <param name="AllReadersMpiGbps">Those of them that came by MPI.</param>
/// <param name="Promoted">True when a block that was read three times was in the reader's own memory afterwards, and was read there.</param>
/// <param name="IdleCpuPercent">What a rank that nobody asks for anything takes of a core: its whole process.</param>
/// <param name="LargestActorMessageBytes">The largest message that an actor of any rank sent to another rank or got from one.</param>
/// <param name="WrongBytes">Bytes that were others than those that were put: 0.</param>
internal sealed record MpiBenchmarkResult(
    string Fabric,
    int BlockBytes,
    double RawGbps,
    double GetGbps,
    double P50Us,
    double FirstP50Us,
    double SmallIdleP50Us,
    double SmallBesideP50Us,
    double BesideGbps,
    double OneReaderGbps,
    double AllReadersGbps,
    double AllReadersMpiGbps,
    bool Promoted,
    double IdleCpuPercent,
    int LargestActorMessageBytes,
    long WrongBytes);

namespace Cascade.Tiers.Shm;

/// <summary>How an arena came to be open.</summary>
/// <param name="Created">True when the file was made anew; false when an earlier process's copies were taken over.</param>
/// <param name="Blocks">Copies taken over.</param>
/// <param name="Aliases">Further keys taken over.</param>
/// <param name="DroppedInFlight">Entries that were being filled, changed or freed when the earlier process ended.</param>
/// <param name="DroppedDamaged">Entries that fail their checksum or contradict another entry.</param>
/// <param name="Bytes">Bytes of the copies taken over.</param>
/// <param name="Elapsed">Time from opening the file to being ready to serve.</param>
public sealed record AttachReport(
    bool Created, int Blocks, int Aliases, int DroppedInFlight, int DroppedDamaged, long Bytes, TimeSpan Elapsed);

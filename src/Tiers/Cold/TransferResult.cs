namespace Cascade.Tiers.Cold;

/// <summary>What came of moving bytes between memory and a file.</summary>
/// <param name="Error">The errno of what went wrong; 0 for nothing.</param>
/// <param name="Bytes">Bytes that were moved before it; fewer than asked for without an error means the end of the file.</param>
internal readonly record struct TransferResult(int Error, long Bytes)
{
    /// <summary>True when nothing went wrong.</summary>
    public bool Succeeded => Error == 0;
}

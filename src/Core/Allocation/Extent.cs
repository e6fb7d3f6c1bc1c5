namespace Cascade.Core.Allocation;

/// <summary>A run of granules, free or allocated, linked to its neighbours and, while free, to others of its size.</summary>
/// <remarks>Both ends are inclusive: so the numbers of 2^32 granules fit 32 bits. Extent 0 means none.</remarks>
internal struct Extent
{
    public const int None = 0;

    private const int Allocated = -1;

    public uint First;
    public uint Last;
    public int Before;
    public int After;

    /// <summary>The peer before in the free list, or the mark of an allocated extent.</summary>
    public int PreviousFree;

    /// <summary>The peer after in the free list, or the next vacant entry while this one is vacant.</summary>
    public int NextFree;

    public readonly long Granules => (long)Last - First + 1;

    public readonly bool IsFree => PreviousFree != Allocated;

    public void MarkAllocated()
    {
        PreviousFree = Allocated;
        NextFree = None;
    }
}

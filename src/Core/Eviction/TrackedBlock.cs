namespace Cascade.Core.Eviction;

/// <summary>A resident block as <see cref="HazardPolicy"/> keeps it: 40 bytes a slot.</summary>
internal struct TrackedBlock
{
    /// <summary>The list of a block that is in none.</summary>
    public const short NoList = -1;

    /// <summary>First bits of the key's digest; 0 for a block without a key.</summary>
    public ulong Key;

    /// <summary>First bits of the parent key's digest; 0 for none.</summary>
    public ulong Parent;

    public BlockHistory History;
    public int Next;
    public int Previous;

    /// <summary>Resident blocks whose parent this is.</summary>
    public int Children;

    public short List;
    public Marks Marks;

    /// <summary>Doublings of its bytes, in quarters.</summary>
    public byte Size;

    public readonly bool IsTracked => (Marks & Marks.Tracked) != 0;

    /// <summary>Its parent is not resident.</summary>
    public bool IsOrphan
    {
        readonly get => (Marks & Marks.Orphan) != 0;
        set => Marks = value ? Marks | Marks.Orphan : Marks & ~Marks.Orphan;
    }
}

[Flags]
internal enum Marks : byte
{
    None = 0,
    Tracked = 1,
    Orphan = 2,
}

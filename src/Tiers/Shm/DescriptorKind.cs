namespace Cascade.Tiers.Shm;

/// <summary>What an entry of the descriptor table is.</summary>
internal enum DescriptorKind : uint
{
    /// <summary>Nothing.</summary>
    Free = 0,

    /// <summary>Set aside for a block that is being written; its generation is odd.</summary>
    Filling = 1,

    /// <summary>A block, and the key it was put under.</summary>
    Resident = 2,

    /// <summary>A further key of a block that another entry holds.</summary>
    Alias = 3,
}

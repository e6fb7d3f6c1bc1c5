namespace Cascade.Tiers.Shm;

/// <summary>How far an arena file has come.</summary>
internal enum ArenaStage : uint
{
    /// <summary>Memory is being set aside; nothing was ever stored.</summary>
    Creating = 1,

    /// <summary>It may hold blocks.</summary>
    Ready = 2,
}

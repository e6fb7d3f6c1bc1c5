namespace Cascade.Core.Tiering;

/// <summary>What a copy's owner is being asked.</summary>
internal enum EvictQuestion : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Whether the copy may go: if it is the last, it is to be demoted first.</summary>
    Plain,

    /// <summary>Whether the copy, which was brought here while the block lay elsewhere too, may go: not if it is the last by now.</summary>
    Extra,

    /// <summary>To let go of the copy, which is not worth a write.</summary>
    Unworthy,

    /// <summary>To let go of the copy, which cannot be written at present.</summary>
    Hopeless,
}

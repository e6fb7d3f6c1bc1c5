namespace Cascade.Core.Sharding;

/// <summary>Hashes that are the same in every process and on every machine.</summary>
internal static class Mixing
{
    /// <summary>The finaliser of SplitMix64 (Stafford's variant 13): every bit of the input reaches every bit of the result, one to one.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>FNV-1a of 64 bits (Fowler, Noll and Vo) over the UTF-16 code units, low byte first.</summary>
    public static ulong Hash(string text)
    {
        var hash = 0xCBF29CE484222325UL;
        foreach (var unit in text)
        {
            hash = (hash ^ (byte)unit) * 0x100000001B3;
            hash = (hash ^ (byte)(unit >> 8)) * 0x100000001B3;
        }
        return hash;
    }
}

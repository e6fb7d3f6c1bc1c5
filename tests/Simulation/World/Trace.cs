namespace Cascade.Simulation.World;

/// <summary>A fingerprint of all that a run did, in order: two runs did the same when it is the same.</summary>
/// <remarks>FNV-1a of 64 bits (Fowler, Noll and Vo) over the words' bytes, low byte first.</remarks>
internal sealed class Trace
{
    public ulong Hash { get; private set; } = 0xCBF29CE484222325;

    public void Add(string what, params ReadOnlySpan<long> words)
    {
        foreach (var c in what)
            Mix((byte)c);
        foreach (var word in words)
        {
            for (var shift = 0; shift < 64; shift += 8)
                Mix((byte)(word >> shift));
        }
    }

    private void Mix(byte value) => Hash = unchecked((Hash ^ value) * 0x100000001B3);
}

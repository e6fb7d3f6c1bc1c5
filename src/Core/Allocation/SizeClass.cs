using System.Numerics;

namespace Cascade.Core.Allocation;

/// <summary>
/// The two-level size classes of TLSF (Masmano, Ripoll, Crespo, Real: "TLSF: a new dynamic memory allocator for real-time
/// systems", ECRTS 2004): octaves, each cut into 64 equal steps. Lengths under 128 granules have a class each.
/// </summary>
internal static class SizeClass
{
    /// <summary>Steps in an octave: one machine word of bits, and classes that are at most 1/64 wide.</summary>
    public const int Steps = 64;

    /// <summary>The exact classes, then one row for each octave from 2^6 to 2^32 granules.</summary>
    public const int Rows = 1 + 32 - StepBits + 1;

    /// <summary>All classes.</summary>
    public const int Count = Rows * Steps;

    private const int StepBits = 6;

    /// <summary>The class whose range holds <paramref name="granules"/> (1 .. 2^32).</summary>
    public static int Of(long granules)
    {
        var octave = BitOperations.Log2((ulong)granules);
        if (octave < StepBits)
            return (int)granules;
        var row = octave - StepBits + 1;
        return (row * Steps) + (int)((granules >> (octave - StepBits)) & (Steps - 1));
    }
}

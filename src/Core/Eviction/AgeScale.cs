using System.Numerics;

namespace Cascade.Core.Eviction;

/// <summary>Ages and pauses, counted in accesses, on a scale of ratios: each step is a quarter longer than the one before.</summary>
/// <remarks>
/// The scale starts at a sixteenth of the capacity: a cache that takes in as many blocks as it holds cannot tell a difference in age
/// that is much smaller from chance, and has no use for it.
/// </remarks>
internal sealed class AgeScale
{
    /// <summary>Steps of the scale; the last one has no end.</summary>
    public const int Steps = 44;

    /// <summary>Classes of pauses between two accesses; 0 stands for none so far.</summary>
    public const int PauseClasses = 12;

    /// <summary>Ages above are taken for this one, so that the clock may run over.</summary>
    public const uint AgeMax = 1 << 30;

    private const int StepsPerDoubling = 3;
    private const int UnitsPerCapacity = 16;
    private const uint UnitMin = 128;

    private readonly uint _unit;
    private readonly uint[] _starts = new uint[Steps + 1];
    private readonly byte[] _firstStepOfBitLength = new byte[33];

    public AgeScale(int slotCount)
    {
        _unit = Math.Max(UnitMin, (uint)slotCount / UnitsPerCapacity);
        for (var step = 1; step < Steps; step++)
            _starts[step] = (uint)Math.Min(AgeMax, _unit * Math.Pow(2, (step - 1) / (double)StepsPerDoubling));
        _starts[Steps] = uint.MaxValue;
        for (var bits = 1; bits <= 32; bits++)
            _firstStepOfBitLength[bits] = (byte)StepFrom(0, 1u << (bits - 1));
    }

    /// <summary>Accesses that the step is long.</summary>
    public double WidthOf(int step) => (double)_starts[step + 1] - _starts[step];

    public int StepOf(uint age) => StepFrom(_firstStepOfBitLength[32 - BitOperations.LeadingZeroCount(age)], age);

    /// <summary>The class of a pause, by doublings from an eighth of the unit: 1 and up.</summary>
    public int PauseClassOf(uint pause) =>
        1 + Math.Min(PauseClasses - 2, BitOperations.Log2(((ulong)pause * 8 / _unit) | 1));

    private int StepFrom(int step, uint age)
    {
        while (step < Steps - 1 && age >= _starts[step + 1])
            step++;
        return step;
    }
}

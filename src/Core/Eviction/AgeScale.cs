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

    /// <summary>Steps in which an age doubles.</summary>
    public const int StepsPerDoubling = 3;
    private const int UnitsPerCapacity = 16;
    private const uint UnitMin = 128;
    private const int LeadingBits = 3;
    private const uint LeadingMask = (1 << LeadingBits) - 1;

    private readonly uint _unit;
    private readonly uint[] _starts = new uint[Steps + 1];

    // The step of the least age with the same leading bits: see StepOf.
    private readonly byte[] _firstSteps = new byte[32 << LeadingBits];

    /// <param name="capacity">Blocks that the cache holds.</param>
    public AgeScale(int capacity)
    {
        _unit = Math.Max(UnitMin, (uint)capacity / UnitsPerCapacity);
        for (var step = 1; step < Steps; step++)
            _starts[step] = (uint)Math.Min(AgeMax, _unit * Math.Pow(2, (step - 1) / (double)StepsPerDoubling));
        _starts[Steps] = uint.MaxValue;
        for (var place = 0; place < _firstSteps.Length; place++)
        {
            var leading = ((ulong)place & LeadingMask) | (1 << LeadingBits);
            _firstSteps[place] = (byte)StepFrom(0, (uint)((leading << (place >> LeadingBits)) >> LeadingBits));
        }
    }

    /// <summary>Accesses that the step is long.</summary>
    public double WidthOf(int step) => (double)_starts[step + 1] - _starts[step];

    /// <summary>The step that the age is in.</summary>
    public int StepOf(uint age)
    {
        // By the leading bits it is known but for one or two; ages below a few are all in the first step.
        var shown = Math.Max(age, 1u << LeadingBits);
        var bits = BitOperations.Log2(shown);
        return StepFrom(_firstSteps[(bits << LeadingBits) | (int)((shown >> (bits - LeadingBits)) & LeadingMask)], age);
    }

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

namespace Cascade.Core.Membership;

/// <summary>A source of random numbers, seeded by whoever makes it, so that a run can be repeated. One thread at a time. Not for secrets.</summary>
public interface IRandomNumbers
{
    /// <summary>The next 64 uniform bits.</summary>
    ulong Next();
}

internal static class RandomNumbers
{
    /// <summary>A number from 0 up to but not including <paramref name="bound"/>, which is positive.</summary>
    public static int Below(this IRandomNumbers random, int bound) => (int)Math.BigMul(random.Next(), (ulong)bound, out _);

    /// <summary>A duration from zero up to but not including <paramref name="bound"/>.</summary>
    public static TimeSpan Below(this IRandomNumbers random, TimeSpan bound) =>
        new((long)Math.BigMul(random.Next(), (ulong)bound.Ticks, out _));

    /// <summary>Puts the list into random order (Fisher and Yates).</summary>
    public static void Shuffle<T>(this IRandomNumbers random, List<T> list)
    {
        for (var i = list.Count - 1; i > 0; i--)
        {
            var j = random.Below(i + 1);
            (list[i], list[j]) = (list[j], list[i]);
        }
    }
}

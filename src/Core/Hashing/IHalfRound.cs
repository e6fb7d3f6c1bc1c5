namespace Cascade.Core.Hashing;

/// <summary>The quarter round G (specification, section 2.2) on four columns, or four diagonals, at a time.</summary>
/// <remarks>
/// Its seven steps are taken by all four together: each is four independent operations, which hides their latency. It is written
/// out per kind of word, since the hundreds of small calls of a shared one would exceed what the JIT inlines in a method.
/// </remarks>
internal unsafe interface IHalfRound<TWord>
    where TWord : unmanaged
{
    /// <summary>Mixes the columns a, b, c, d with two words each of the message <paramref name="m"/>: first x, then y.</summary>
    static abstract void HalfRound(
        ref TWord a0, ref TWord a1, ref TWord a2, ref TWord a3,
        ref TWord b0, ref TWord b1, ref TWord b2, ref TWord b3,
        ref TWord c0, ref TWord c1, ref TWord c2, ref TWord c3,
        ref TWord d0, ref TWord d1, ref TWord d2, ref TWord d3,
        TWord* m, int x0, int y0, int x1, int y1, int x2, int y2, int x3, int y3);
}

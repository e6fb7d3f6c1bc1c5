namespace Cascade.Core.Hashing;

/// <summary>The vector operations that the kernel is built of; lane n of every vector belongs to input n.</summary>
internal unsafe interface ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Number of inputs hashed at a time.</summary>
    static abstract int Count { get; }

    /// <summary>The value in every lane.</summary>
    static abstract TVector Broadcast(uint value);

    /// <summary>Adds to every lane its own number.</summary>
    static abstract TVector AddIndices(TVector value);

    static abstract TVector Xor(TVector left, TVector right);

    /// <summary>
    /// G (specification, section 2.2) on four columns or diagonals a, b, c, d at a time; x and y number their message words.
    /// Written out per width, since hundreds of small calls would exceed what the JIT inlines.
    /// </summary>
    static abstract void HalfRound(
        ref TVector a0, ref TVector a1, ref TVector a2, ref TVector a3,
        ref TVector b0, ref TVector b1, ref TVector b2, ref TVector b3,
        ref TVector c0, ref TVector c1, ref TVector c2, ref TVector c3,
        ref TVector d0, ref TVector d1, ref TVector d2, ref TVector d3,
        TVector* m, int x0, int y0, int x1, int y1, int x2, int y2, int x3, int y3);

    /// <summary>Loads the 16 words at the head of every input, inputs being <paramref name="strideBytes"/> apart: word n to vector n.</summary>
    static abstract void LoadBlocks(byte* inputs, nuint strideBytes, TVector* words);

    /// <summary>Stores the 8 words of every lane one after another, lane by lane.</summary>
    static abstract void StoreChaining(TVector* words, uint* chaining);
}

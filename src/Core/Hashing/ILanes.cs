namespace Cascade.Core.Hashing;

/// <summary>The vector operations that a wide kernel is built of; lane n of every vector belongs to input n.</summary>
internal unsafe interface ILanes<TVector> : IHalfRound<TVector>
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
    /// Loads the 16 words at the head of every input, inputs being <paramref name="strideBytes"/> apart: word n to vector n.
    /// </summary>
    static abstract void LoadBlocks(byte* inputs, nuint strideBytes, TVector* words);

    /// <summary>Stores the 8 words of every lane one after another, lane by lane.</summary>
    static abstract void StoreChaining(TVector* words, uint* chaining);
}

using System.Runtime.CompilerServices;

namespace Cascade.Core.Hashing;

/// <summary>The seven rounds of the compression, for any kind of word.</summary>
internal static unsafe class Rounds<TWord, TMix>
    where TWord : unmanaged
    where TMix : struct, IHalfRound<TWord>
{
    /// <summary>
    /// Mixes the state with the message. Written out with each round's order of message words, so that all of them are constants.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply(
        ref TWord v0, ref TWord v1, ref TWord v2, ref TWord v3,
        ref TWord v4, ref TWord v5, ref TWord v6, ref TWord v7,
        ref TWord v8, ref TWord v9, ref TWord v10, ref TWord v11,
        ref TWord v12, ref TWord v13, ref TWord v14, ref TWord v15, TWord* m)
    {
        TMix.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
            ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15, m, 0, 1, 2, 3, 4, 5, 6, 7);
        TMix.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
            ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14, m, 8, 9, 10, 11, 12, 13, 14, 15);
        TMix.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
            ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15, m, 2, 6, 3, 10, 7, 0, 4, 13);
        TMix.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
            ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14, m, 1, 11, 12, 5, 9, 14, 15, 8);
        TMix.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
            ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15, m, 3, 4, 10, 12, 13, 2, 7, 14);
        TMix.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
            ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14, m, 6, 5, 9, 0, 11, 15, 8, 1);
        TMix.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
            ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15, m, 10, 7, 12, 9, 14, 3, 13, 15);
        TMix.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
            ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14, m, 4, 0, 11, 2, 5, 8, 1, 6);
        TMix.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
            ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15, m, 12, 13, 9, 11, 15, 10, 14, 8);
        TMix.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
            ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14, m, 7, 2, 5, 3, 0, 1, 6, 4);
        TMix.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
            ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15, m, 9, 14, 11, 5, 8, 12, 15, 1);
        TMix.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
            ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14, m, 13, 3, 0, 10, 2, 6, 4, 7);
        TMix.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
            ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15, m, 11, 15, 5, 0, 1, 9, 8, 6);
        TMix.HalfRound(ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
            ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14, m, 14, 10, 2, 12, 3, 4, 7, 13);
    }
}

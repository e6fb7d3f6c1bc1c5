namespace Cascade.Core.Hashing;

/// <summary>Which kernels may be used: each path also uses the narrower ones, for what is left over.</summary>
internal enum SimdPath
{
    /// <summary>One input at a time.</summary>
    Scalar = 0,

    /// <summary>Four inputs at a time, in 128-bit vectors (SSE, NEON).</summary>
    Lanes4 = 1,

    /// <summary>Eight inputs at a time, in 256-bit vectors (AVX2).</summary>
    Lanes8 = 2,

    /// <summary>Sixteen inputs at a time, in 512-bit vectors (AVX-512F).</summary>
    Lanes16 = 3,
}

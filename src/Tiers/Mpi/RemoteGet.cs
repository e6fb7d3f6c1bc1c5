namespace Cascade.Tiers.Mpi;

/// <summary>A read of another rank's memory that is under way.</summary>
/// <param name="Request">What the library knows it by.</param>
/// <param name="Piece">Where its bytes land.</param>
/// <param name="LengthBytes">How many bytes it brings.</param>
/// <param name="Pool">What the piece is of.</param>
internal readonly record struct RemoteGet(int Request, nint Piece, int LengthBytes, BouncePool Pool);

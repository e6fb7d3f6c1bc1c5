namespace Cascade.Tiers.Mpi;

/// <summary>What a lane is to be.</summary>
/// <param name="Name">Name of its thread.</param>
/// <param name="PullsMax">Most pulls at a time.</param>
/// <param name="PieceBytes">Bytes of one read.</param>
/// <param name="PiecesInFlight">Reads that one pull has under way.</param>
/// <param name="IsSmall">True when its pulls give way to no others.</param>
internal readonly record struct MpiLaneShape(string Name, int PullsMax, int PieceBytes, int PiecesInFlight, bool IsSmall = false);

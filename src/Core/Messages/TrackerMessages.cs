using Cascade.Core.Identity;

namespace Cascade.Core.Messages;

/// <summary>Asks how often a block was read lately. Reply: <see cref="FrequencyEstimate"/>. May be repeated.</summary>
public sealed record EstimateFrequency(BlockId Id);

/// <summary>Recent reads of a block on this node, 0 to 15: never fewer than there were up to that, sometimes more.</summary>
public sealed record FrequencyEstimate(BlockId Id, int Reads);

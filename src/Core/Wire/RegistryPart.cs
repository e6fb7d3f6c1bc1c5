using Cascade.Core.Registry;

namespace Cascade.Core.Wire;

/// <summary>
/// Some entries of a registry's state, for a replica or a new singleton to take in by <see cref="RegistryState.With"/>. A state of many keys takes several,
/// in any order. No reply. May be repeated.
/// </summary>
/// <param name="Entries">The entries, <see cref="WireLimits.RegistryPartEntriesMax"/> at most.</param>
public sealed record RegistryPart(IReadOnlyList<RegistryEntry> Entries);

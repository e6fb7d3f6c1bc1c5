using System.Collections;
using Cascade.Core.Membership;

namespace Cascade.Hosting.Configuration;

/// <summary>Addresses of seeds, compared one by one. Immutable.</summary>
public sealed class SeedList(IEnumerable<NodeAddress> addresses) : IReadOnlyList<NodeAddress>, IEquatable<SeedList>
{
    private readonly NodeAddress[] _addresses = [.. addresses];

    /// <inheritdoc/>
    public int Count => _addresses.Length;

    /// <inheritdoc/>
    public NodeAddress this[int index] => _addresses[index];

    /// <inheritdoc/>
    public IEnumerator<NodeAddress> GetEnumerator() => ((IEnumerable<NodeAddress>)_addresses).GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(SeedList? other) => other is not null && _addresses.AsSpan().SequenceEqual(other._addresses);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SeedList);

    /// <inheritdoc/>
    public override int GetHashCode() => _addresses.Length == 0 ? 0 : HashCode.Combine(_addresses.Length, _addresses[0]);

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", _addresses.Select(static address => address.Text));

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

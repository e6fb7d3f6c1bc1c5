using System.Collections;

namespace Cascade.Hosting.Configuration;

/// <summary>Values of a setting in their order, compared one by one. Immutable.</summary>
public sealed class ValueList<T>(IEnumerable<T> values) : IReadOnlyList<T>, IEquatable<ValueList<T>>
    where T : IEquatable<T>
{
    private readonly T[] _values = [.. values];

    /// <inheritdoc/>
    public int Count => _values.Length;

    /// <inheritdoc/>
    public T this[int index] => _values[index];

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)_values).GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(ValueList<T>? other) => other is not null && _values.AsSpan().SequenceEqual(other._values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ValueList<T>);

    /// <inheritdoc/>
    public override int GetHashCode() => _values.Length == 0 ? 0 : HashCode.Combine(_values.Length, _values[0]);

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", _values);

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

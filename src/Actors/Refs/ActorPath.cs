using System.Globalization;

namespace Cascade.Actors;

/// <summary>Where a system can be reached: protocol, name, and host and port when it listens.</summary>
public sealed record Address(string Protocol, string System, string? Host = null, int? Port = null)
{
    /// <summary><c>cascade://system</c> or <c>cascade://system@host:port</c>.</summary>
    public override string ToString() => Host is null
        ? $"{Protocol}://{System}"
        : string.Create(CultureInfo.InvariantCulture, $"{Protocol}://{System}@{Host}:{Port}");
}

/// <summary>The place of an actor in its system's tree: address, names from the root down, and the life's own number.</summary>
public sealed class ActorPath : IEquatable<ActorPath>
{
    private const string Punctuation = "-_.*$+:@&=,!~';%";

    internal ActorPath(Address address) => (Address, Name) = (address, string.Empty);

    internal ActorPath(ActorPath parent, string name, int uid) => (Address, Parent, Name, Uid) = (parent.Address, parent, name, uid);

    /// <summary>The system the path belongs to.</summary>
    public Address Address { get; }

    /// <summary>The path one level up; null for the root.</summary>
    public ActorPath? Parent { get; }

    /// <summary>The last element.</summary>
    public string Name { get; }

    /// <summary>The number of this life: two actors that had one name after the other differ in it.</summary>
    public int Uid { get; }

    /// <summary>The path without its address: <c>/user/parent/child</c>.</summary>
    public string ToStringWithoutAddress() =>
        Parent is null ? "/" : Parent.Parent is null ? $"/{Name}" : $"{Parent.ToStringWithoutAddress()}/{Name}";

    /// <inheritdoc/>
    public override string ToString() => $"{Address}{ToStringWithoutAddress()}";

    /// <summary>Same address and same names; the life's number is not compared.</summary>
    public bool Equals(ActorPath? other)
    {
        for (var mine = this; ; mine = mine.Parent!, other = other.Parent)
        {
            if (ReferenceEquals(mine, other)) return true;
            if (other is null || !string.Equals(mine.Name, other.Name, StringComparison.Ordinal)) return false;
            if (mine.Parent is null || other.Parent is null)
                return mine.Parent is null && other.Parent is null && mine.Address == other.Address;
        }
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ActorPath);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Parent?.Name, Name);

    /// <summary>True for 1 to 255 characters out of letters, digits and a path segment's punctuation, not starting with <c>$</c>.</summary>
    public static bool IsValidPathElement(string? name)
    {
        if (name is null || name.Length is 0 or > 255 || name[0] == '$') return false;
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !Punctuation.Contains(c, StringComparison.Ordinal)) return false;
        }

        return true;
    }
}

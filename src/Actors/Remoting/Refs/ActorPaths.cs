using System.Globalization;

namespace Cascade.Actors.Remoting.Refs;

/// <summary>Reads addresses and paths from text, and finds the local actor that a path names.</summary>
internal static class ActorPaths
{
    private const string Scheme = "cascade://";

    public static ActorPath Parse(Address address, string path, int uid)
    {
        var parsed = new ActorPath(address);
        var names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < names.Length; i++) parsed = new ActorPath(parsed, names[i], i == names.Length - 1 ? uid : 0);
        return parsed;
    }

    /// <summary>Splits <c>cascade://system@host:port/path</c>; the path may be missing and is then empty.</summary>
    public static bool TryParse(string text, out Address address, out string path)
    {
        (address, path) = (new Address("cascade", string.Empty), string.Empty);
        if (!text.StartsWith(Scheme, StringComparison.Ordinal) || text.Length > ushort.MaxValue / 3) return false;
        var slash = text.IndexOf('/', Scheme.Length);
        var authority = slash < 0 ? text[Scheme.Length..] : text[Scheme.Length..slash];
        if (slash >= 0) path = text[slash..];
        var at = authority.IndexOf('@', StringComparison.Ordinal);
        var colon = authority.LastIndexOf(':');
        if (at < 1 || colon <= at + 1 || !ActorPath.IsValidPathElement(authority[..at])) return false;
        if (!int.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65_535) return false;
        address = new Address("cascade", authority[..at], authority[(at + 1)..colon], port);
        return true;
    }

    /// <summary>The local actor at a path below <c>/user</c> or <c>/system</c>; null when none is there, or not in that life.</summary>
    /// <param name="system">Where to look.</param>
    /// <param name="path">The path without address.</param>
    /// <param name="uid">The life that is meant; 0 for any.</param>
    public static LocalActorRef? Find(ActorSystem system, ReadOnlySpan<char> path, uint uid)
    {
        LocalActorRef? found = null;
        foreach (var range in path.Split('/'))
        {
            var name = path[range];
            if (name.IsEmpty) continue;
            found = found is null ? system.Guardian(name) : found.Mailbox.Cell.Child(name.ToString()) as LocalActorRef;
            if (found is null) return null;
        }

        return found is null || found.Mailbox.Cell.IsTerminated || (uid != 0 && uid != (uint)found.Uid) ? null : found;
    }
}

using System.Diagnostics.CodeAnalysis;
using Cascade.Core.Identity;

namespace Cascade.Tiers.Fabric;

/// <summary>The arenas of peers that are mapped here: a bounded number. Thread-safe.</summary>
internal sealed class PeerArenas(SameHostOptions options) : IDisposable
{
    private readonly Lock _turn = new();
    private readonly Dictionary<NodeId, PeerArena> _arenas = [];
    private bool _disposed;

    /// <summary>
    /// Gives a peer's arena as it is now, with a reference on its mapping that the caller gives back by <c>DangerousRelease</c>; or says in
    /// words why there is none. A file that took the place of the one that was mapped is mapped instead.
    /// </summary>
    public bool TryTake(NodeId peer, [NotNullWhen(true)] out PeerArena? arena, [NotNullWhen(false)] out string? reason)
    {
        if (options.IsHere?.Invoke(peer) == false)
        {
            (arena, reason) = (null, $"{peer} runs on another machine");
            return false;
        }

        lock (_turn)
        {
            if (!TryFind(peer, out arena, out reason))
                return false;
            var taken = false;
            arena.Mapping.DangerousAddRef(ref taken);
            return true;
        }
    }

    /// <summary>Unmaps a peer's arena; it is mapped again when it is next asked for.</summary>
    public void Forget(NodeId peer)
    {
        lock (_turn)
        {
            if (_arenas.Remove(peer, out var arena))
                arena.Dispose();
        }
    }

    public void Dispose()
    {
        lock (_turn)
        {
            _disposed = true;
            foreach (var arena in _arenas.Values)
                arena.Dispose();
            _arenas.Clear();
        }
    }

    private bool TryFind(NodeId peer, [NotNullWhen(true)] out PeerArena? arena, [NotNullWhen(false)] out string? reason)
    {
        arena = null;
        reason = "the fabric is closed";
        if (_disposed)
            return false;
        if (_arenas.TryGetValue(peer, out arena))
        {
            if (arena.IsCurrent())
                return true;
            _arenas.Remove(peer);
            arena.Dispose();
        }

        arena = null;
        reason = $"{options.MaxPeers} arenas are mapped already: set the fabric up for more, or forget some";
        if (_arenas.Count >= options.MaxPeers || !PeerArena.TryOpen(options, peer, out arena, out reason))
            return false;
        _arenas.Add(peer, arena);
        return true;
    }
}

using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;

namespace Cascade.Core.Tests.Cold;

/// <summary>Owners that outlive every crash of the store, and the key index: what they were told has to be what the store holds.</summary>
internal sealed class ColdListeners
{
    private readonly HashSet<BlockId> _watched = [];
    private readonly Dictionary<BlockId, CopyLocation> _copies = [];
    private readonly Dictionary<BlockId, uint> _latest = [];
    private readonly Queue<Bind> _binds = new();
    private bool _isKnown;

    /// <summary>Keys that the key index was told and has not answered.</summary>
    public int BindsOpen => _binds.Count;

    public List<Bind> Announced { get; } = [];

    public IReadOnlyDictionary<BlockId, CopyLocation> Copies => _copies;

    /// <summary>A block whose copies are compared at every step from now on.</summary>
    public void Watch(BlockId id) => _watched.Add(id);

    public Bind? TakeBind() => _binds.TryDequeue(out var bind) ? bind : null;

    public void Restart()
    {
        _isKnown = false;
        _copies.Clear();
        _binds.Clear();
        Announced.Clear();
    }

    public void Hear(object message)
    {
        switch (message)
        {
            case Bind m:
                _binds.Enqueue(m);
                Announced.Add(m);
                break;
            case AddCopy m when !_copies.TryGetValue(m.Id, out var known) || known != m.Copy:
                Assert.True(!_copies.ContainsKey(m.Id), $"{m.Id} was told as {m.Copy} while {known} was not taken back");
                Assert.True(m.Copy.Generation > _latest.GetValueOrDefault(m.Id), $"{m.Copy} may be taken for one that is gone");
                _latest[m.Id] = m.Copy.Generation;
                _copies.Add(m.Id, m.Copy);
                break;
            case RemoveCopy { Copy.LengthBytes: > 0 } m when _isKnown:
                Assert.Equal(_copies[m.Id], m.Copy);
                _copies.Remove(m.Id);
                break;
        }
    }

    /// <summary>What owners know of, and what they would be answered if they asked, is the same after every step.</summary>
    public void Check(ColdStoreCore core)
    {
        foreach (var id in _watched)
        {
            var isHere = core.TryDescribe(id, out var copy);
            Assert.True(core.IsReady || !isHere);
            if (!_isKnown && isHere)
            {
                _copies[id] = copy;
                _latest[id] = Math.Max(_latest.GetValueOrDefault(id), copy.Generation);
            }
            else
            {
                Assert.Equal((isHere, copy), (_copies.TryGetValue(id, out var told), told));
            }
        }

        _isKnown = core.IsReady;
    }
}

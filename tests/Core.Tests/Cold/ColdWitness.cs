namespace Cascade.Core.Tests.Cold;

/// <summary>
/// What may be true of each name, kept as plainly as can be: for a key or a block the list of all changes in their order, and from which of
/// them on the outcome is open. 0 stands for "not there".
/// </summary>
internal sealed class ColdWitness(bool mayLose)
{
    private readonly Dictionary<int, History> _keys = [];
    private readonly Dictionary<int, History> _blocks = [];

    /// <summary>Rises with every change that is asked for.</summary>
    public int Version { get; private set; }

    internal sealed class Change(int value)
    {
        public int Value { get; } = value;

        public bool IsApplied { get; set; }

        public bool IsDurable { get; set; }
    }

    private sealed class History
    {
        public List<Change> Changes { get; } = [new Change(0) { IsApplied = true, IsDurable = true }];

        /// <summary>The first change that may hold now.</summary>
        public int Base { get; set; }
    }

    public Change Key(int key, int block) => Add(Of(_keys, key), block);

    public Change Block(int block, bool isStored) => Add(Of(_blocks, block), isStored ? block : 0);

    /// <summary>
    /// A key is deleted, and with it the block that it names if no other key does: one change more if that is sure, a possibility if it may be so.
    /// </summary>
    public List<Change> Unbind(int key)
    {
        var changes = new List<Change>();
        var named = ValuesOfKey(key, BaseOfKey(key));
        foreach (var block in named.Where(block => block != 0))
        {
            var others = _keys.Where(k => k.Key != key).Select(k => Values(k.Value, k.Value.Base)).ToList();
            if (others.Any(values => values.SetEquals([block])))
                continue;
            var isSure = named.Count == 1 && IsSure(block) && !others.Any(values => values.Contains(block));
            var change = Block(block, isStored: false);
            if (isSure)
                changes.Add(change);
        }

        changes.Add(Key(key, 0));
        return changes;
    }

    /// <summary>True when a block cannot be here: it was never stored, or was dropped since.</summary>
    public bool IsGone(int block) => Values(Of(_blocks, block), Of(_blocks, block).Base).SetEquals([0]);

    /// <summary>A change was answered: those before it hold no longer, unless a fault or a crash may undo it.</summary>
    public void Settle()
    {
        foreach (var history in _keys.Values.Concat(_blocks.Values))
        {
            for (var at = history.Base + 1; at < history.Changes.Count; at++)
            {
                if (history.Changes[at].IsDurable || (history.Changes[at].IsApplied && !mayLose))
                    history.Base = at;
            }
        }
    }

    /// <summary>Only what is durable was sure to survive.</summary>
    public void Crash()
    {
        foreach (var history in _keys.Values.Concat(_blocks.Values))
        {
            history.Base = history.Changes.FindLastIndex(change => change.IsDurable);
            history.Changes.ForEach(change => change.IsApplied = change.IsDurable);
        }
    }

    public int BaseOfKey(int key) => Of(_keys, key).Base;

    public HashSet<int> ValuesOfKey(int key, int from) => Values(Of(_keys, key), from);

    /// <summary>True when a block has to be found: no change that may hold says otherwise.</summary>
    public bool IsSure(int block)
    {
        var history = Of(_blocks, block);
        return !Values(history, history.Base).Contains(0);
    }

    /// <summary>True when a key has to lead to a block that has to be found.</summary>
    public bool IsSureKey(int key) =>
        ValuesOfKey(key, BaseOfKey(key)).All(block => block != 0 && IsSure(block));

    private static HashSet<int> Values(History history, int from) =>
        [.. history.Changes.Skip(from).Select(change => change.Value)];

    private static History Of(Dictionary<int, History> histories, int name)
    {
        if (!histories.TryGetValue(name, out var history))
            histories.Add(name, history = new History());
        return history;
    }

    private Change Add(History history, int value)
    {
        Version++;
        var change = new Change(value);
        history.Changes.Add(change);
        return change;
    }
}

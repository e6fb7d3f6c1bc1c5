namespace Cascade.Hosting.Doctor;

/// <summary>Puts a finding together where more than one thing can be amiss: the worst is its status, and all are told.</summary>
internal sealed class FindingDraft
{
    private readonly List<string> _found = [];
    private readonly List<string> _effects = [];
    private readonly List<string> _cures = [];
    private CheckStatus _status;

    /// <summary>Something is there.</summary>
    public void Found(string what) => _found.Add(what);

    /// <summary>Something would be better otherwise.</summary>
    public void Note(string effect, string cure) => Add(CheckStatus.Note, effect, cure);

    /// <summary>Something will fail.</summary>
    public void Problem(string effect, string cure) => Add(CheckStatus.Problem, effect, cure);

    /// <summary>The finding.</summary>
    /// <param name="effect">What Cascade does when nothing is amiss.</param>
    public Finding End(string effect) => new(
        _status,
        string.Join(", ", _found),
        _effects.Count > 0 ? string.Join("; ", _effects) : effect,
        _cures.Count > 0 ? string.Join("; ", _cures) : null);

    private void Add(CheckStatus status, string effect, string cure)
    {
        _status = status > _status ? status : _status;
        _effects.Add(effect);
        _cures.Add(cure);
    }
}

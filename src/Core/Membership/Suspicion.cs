using Cascade.Core.Identity;

namespace Cascade.Core.Membership;

/// <summary>A member that did not answer, and how long it has to refute that.</summary>
/// <remarks>
/// Dadgar, Phillips and Currey, "Lifeguard: Local Health Awareness for More Accurate Failure Detection", 2018: the fewer others share the
/// suspicion, the likelier it is that the accuser is the one that is cut off or slow, and the longer it waits.
/// </remarks>
internal sealed class Suspicion(TimeSpan start, NodeId? accuser)
{
    /// <summary>Accusers beyond the first that bring the wait down to its shortest.</summary>
    public const int ConfirmationsMax = 3;

    private readonly List<NodeId> _accusers = accuser is { } first ? [first] : [];

    /// <summary>Counts an accuser; false when it is known already, or enough are.</summary>
    public bool Confirm(NodeId accuser)
    {
        if (_accusers.Count > ConfirmationsMax || _accusers.Contains(accuser))
            return false;
        _accusers.Add(accuser);
        return true;
    }

    /// <summary>When the suspect is to be removed.</summary>
    /// <param name="settings">Gives the factors.</param>
    /// <param name="members">Live members.</param>
    /// <param name="stretch">How much slower than usual this node takes itself to be: 1 or more.</param>
    public TimeSpan Deadline(MembershipSettings settings, int members, int stretch)
    {
        var shortest = settings.ProbePeriod * settings.SuspicionFactor * Math.Max(1, Math.Log10(members));
        // Who can confirm: all but the suspect and the first accuser. A suspicion that was not told to anyone waits for nobody.
        var wanted = _accusers.Count == 0 ? 0 : Math.Min(ConfirmationsMax, members - 2);
        if (wanted <= 0)
            return start + (shortest * stretch);
        var share = Math.Log(_accusers.Count) / Math.Log(wanted + 1);
        var longest = shortest * settings.LoneSuspicionFactor;
        return start + ((longest - ((longest - shortest) * Math.Min(1, share))) * stretch);
    }
}

using Cascade.Actors;
using Cascade.Core.Messages;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Remote;

/// <summary>
/// Looks at copies of this node that readers elsewhere found corrupt: what they read may have gone wrong on its way, or on their side. One that is corrupt
/// indeed is barred from readers and dropped, as the arena's hooks see to.
/// </summary>
/// <remarks>
/// An actor of its own, because a digest takes its time and leases are not to wait for it. With its mailbox full further reports are lost; whoever reads such
/// a copy next reports it again.
/// </remarks>
internal sealed class CopyVerifier : UntypedActor
{
    private const int ReportsMax = 64;

    private readonly ShmDirectory _copies;

    private CopyVerifier(ShmDirectory copies) => _copies = copies;

    public static Props Props(ShmDirectory copies) => Actors.Props.Create(() => new CopyVerifier(copies)).WithMailbox(ReportsMax);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        if (message is ReportCorrupt report)
            _copies.Verify(report.Copy);
        else
            Unhandled(message);
    }
}

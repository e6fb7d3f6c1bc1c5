using Cascade.Core.Clocks;
using Cascade.Core.Messages;
using Cascade.Core.Ports;

namespace Cascade.Core.Ownership;

/// <content>A deleted block goes copy by copy, each as soon as no lease holds it.</content>
public sealed partial class BlockOwnerCore
{
    private void OnDelete(TimeSpan now, object sender, Outbox outbox)
    {
        if (State == BlockState.Resident)
        {
            _isDraining = true;
            // A writer that brings the block in again meanwhile begins anew, after the deletion.
            _fill = 0;
            _registrations = null;
        }
        else if (!_isDraining)
        {
            outbox.Send(sender, NotHere);
            return;
        }
        outbox.Send(sender, new Deleted(_id));
        foreach (var copy in _copies)
            DropWhenFree(now, copy, outbox);
    }

    private void DropWhenFree(TimeSpan now, HeldCopy copy, Outbox outbox)
    {
        if (copy.IsLeased || copy.DropDeadline is not null)
            return;
        var deadline = Deadline.After(now, _settings.DropTimeout);
        copy.DropDeadline = deadline;
        Arm(deadline);
        outbox.Send(copy.Location.Address, new Drop(_id, copy.Location));
    }

    /// <summary>
    /// A tier that confirms nothing, because it died or the message was lost, does not hold the block up for good.
    /// </summary>
    private void ExpireDrops(TimeSpan now, Outbox outbox)
    {
        if (!_isDraining)
            return;
        for (var i = _copies.Count - 1; i >= 0; i--)
        {
            var copy = _copies[i];
            if (copy.DropDeadline is not { } deadline)
                continue;
            if (deadline > now)
            {
                Arm(deadline);
                continue;
            }
            RememberRemoved(now, copy.Location, wasDeleted: true);
            _directory.Remove(_id, copy.Location);
            _copies.RemoveAt(i);
        }
        EndDrainWhenEmpty(now, outbox);
    }

    private void EndDrainWhenEmpty(TimeSpan now, Outbox outbox)
    {
        if (!_isDraining || _copies.Count > 0)
            return;
        _isDraining = false;
        GrantNext(now, outbox);
    }
}

using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Ports;

namespace Cascade.Core.Ownership;

/// <content>One writer at a time brings the block in; the others wait for the outcome.</content>
public sealed partial class BlockOwnerCore
{
    private readonly record struct Waiter(object Sender, NodeId Writer, TimeSpan Deadline);

    private void OnBegin(TimeSpan now, object sender, Begin begin, Outbox outbox)
    {
        switch (State)
        {
            case BlockState.Resident:
                outbox.Send(sender, new AlreadyPresent(_id, NearestTo(begin.Writer).Location));
                break;
            case BlockState.Absent when !_isComplete:
                outbox.Send(sender, Moved.Instance);
                break;
            case BlockState.Absent:
                Grant(now, sender, begin.Writer, outbox);
                break;
            default:
                Await(now, sender, begin, outbox);
                break;
        }
    }

    private void Await(TimeSpan now, object sender, Begin begin, Outbox outbox)
    {
        var deadline = Deadline.After(now, begin.Timeout);
        if (deadline <= now || (_waiters?.Count ?? 0) >= _settings.MaxWaiters)
        {
            outbox.Send(sender, new Busy(deadline <= now
                ? "Another writer fills the block, or it is being deleted."
                : "Too many writers wait for the block already."));
            return;
        }
        _waiters ??= new List<Waiter>(1);
        _waiters.Add(new Waiter(sender, begin.Writer, deadline));
        Arm(deadline);
    }

    private void OnCommit(TimeSpan now, object sender, Commit commit, Outbox outbox)
    {
        if (commit.Fill == 0 || commit.Fill != _fill)
        {
            outbox.Send(sender, commit.Fill != 0 && commit.Fill == _committedFill
                ? new Committed(_id)
                : new Refused("The fill timed out, was given up, or the block was deleted meanwhile: begin again."));
            return;
        }
        _fill = 0;
        if (IsOutdated(now, commit.Copy, out _))
        {
            outbox.Send(sender, new Refused("The tier removed the copy before it was committed: begin again."));
            GrantNext(now, outbox);
            return;
        }
        _committedFill = commit.Fill;
        outbox.Send(sender, new Committed(_id));
        Count(commit.Copy, outbox);
    }

    private void OnAbort(TimeSpan now, Abort abort, Outbox outbox)
    {
        if (abort.Fill != 0 && abort.Fill == _fill)
        {
            _fill = 0;
            GrantNext(now, outbox);
        }
    }

    private void ExpireFill(TimeSpan now, Outbox outbox)
    {
        if (_fill == 0)
            return;
        if (_fillDeadline > now)
        {
            Arm(_fillDeadline);
            return;
        }
        _fill = 0;
        GrantNext(now, outbox);
    }

    private void ExpireWaiters(TimeSpan now, Outbox outbox)
    {
        if (_waiters is null)
            return;
        var kept = 0;
        for (var i = 0; i < _waiters.Count; i++)
        {
            var waiter = _waiters[i];
            if (waiter.Deadline <= now)
            {
                outbox.Send(waiter.Sender, new Busy("Another writer filled the block, or it was being deleted, all the while."));
                continue;
            }
            Arm(waiter.Deadline);
            _waiters[kept++] = waiter;
        }
        _waiters.RemoveRange(kept, _waiters.Count - kept);
        if (kept == 0)
            _waiters = null;
    }

    /// <summary>The first waiting writer gets its turn, if there is one and nobody fills the block.</summary>
    private void GrantNext(TimeSpan now, Outbox outbox)
    {
        if (_waiters is null || State != BlockState.Absent)
            return;
        var next = _waiters[0];
        _waiters.RemoveAt(0);
        if (_waiters.Count == 0)
            _waiters = null;
        Grant(now, next.Sender, next.Writer, outbox);
    }

    private void Grant(TimeSpan now, object sender, NodeId writer, Outbox outbox)
    {
        _fill = _nextNumber++;
        _writer = writer;
        _fillDeadline = Deadline.After(now, _settings.FillTimeout);
        Arm(_fillDeadline);
        outbox.Send(sender, new BeginGranted(_id, _fill));
    }

    private void TellWaitersPresent(Outbox outbox)
    {
        if (_waiters is null)
            return;
        foreach (var waiter in _waiters)
            outbox.Send(waiter.Sender, new AlreadyPresent(_id, NearestTo(waiter.Writer).Location));
        _waiters = null;
    }
}

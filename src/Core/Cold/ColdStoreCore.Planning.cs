using Cascade.Core.Log;
using Cascade.Core.Messages;
using Cascade.Core.Placement;

namespace Cascade.Core.Cold;

/// <content>Which record a change needs, as things stand when its turn comes.</content>
public sealed partial class ColdStoreCore
{
    /// <summary>The record that a change needs as things stand now; null, with the change ended, when it needs none.</summary>
    private LogRecordHeader? Plan(LogWrite write)
    {
        if (write.Kind == LogWriteKind.Copy)
            return PlanCopy(write);
        if (write.DependsOn is { IsLost: true })
        {
            Lose(write);
            return null;
        }

        if (write.Kind == LogWriteKind.Restate)
            return write.Entry is { IsHeld: true } entry ? entry.HeaderAt(default) : null;
        if (write.Kind == LogWriteKind.DropUnnamed)
            return PlanDropUnnamed(write);
        if (write.Entry is not null)
            return write.Header;
        return write.Kind switch
        {
            LogWriteKind.Put => PlanPut(write),
            LogWriteKind.Bind => PlanBind(write),
            LogWriteKind.Unbind => PlanUnbind(write),
            _ => PlanDrop(write),
        };
    }

    private LogRecordHeader? PlanPut(LogWrite write)
    {
        var known = _index.Block(write.Id);
        if (known is { IsReadable: true })
            return PlanAlias(write, known);
        var binding = IsOverruled(write.Binding) ? default : write.Binding;
        return new LogRecordHeader(LogRecordKind.Block, write.Id, write.Memory.LengthBytes, binding, _algorithm);
    }

    private LogRecordHeader? PlanBind(LogWrite write)
    {
        if (_index.Block(write.Id) is { IsReadable: true } known)
            return PlanAlias(write, known);
        Answer(write, NotFound.Instance);
        Complete(write, isDurable: false);
        return null;
    }

    private LogRecordHeader? PlanAlias(LogWrite write, LogEntry block)
    {
        if (!write.Binding.Key.IsZero && !IsOverruled(write.Binding))
        {
            write.DependsOn = block.Write;
            return new LogRecordHeader(LogRecordKind.Alias, write.Id, 0, write.Binding, _algorithm);
        }

        Follow(write, block, write.Binding.Key.IsZero ? null : _index.Key(write.Binding.Key));
        return null;
    }

    private LogRecordHeader? PlanUnbind(LogWrite write)
    {
        var known = _index.Key(write.Binding.Key);
        write.Found = known is { IsBinding: true } && known.Binding.Stamp <= write.Binding.Stamp;
        var isNeeded = known is null
            ? MayHoldMore
            : write.Found || known.Binding.Stamp < write.Binding.Stamp;
        if (isNeeded)
            return new LogRecordHeader(LogRecordKind.Tombstone, default, 0, write.Binding, _algorithm);
        Follow(write, known, null);
        return null;
    }

    /// <summary>
    /// The drop that comes before the deletion of a key, in case no other names the block then. In this order whoever is told that the key is
    /// deleted knows that the block is gone too.
    /// </summary>
    private LogWrite? DropFirst(LogWrite write)
    {
        if (write.Kind != LogWriteKind.Unbind || write.Entry is not null || write.DependsOn is not null
            || _index.Key(write.Binding.Key) is not { IsBinding: true } known || known.Binding.Stamp > write.Binding.Stamp
            || _index.Block(known.Id) is not { IsReadable: true })
            return null;
        return write.DependsOn = new LogWrite(LogWriteKind.DropUnnamed, null, write.Deadline) { Id = known.Id, Binding = write.Binding };
    }

    /// <summary>A key whose deletion could not be written names its block again: then the block stays, also if its drop was written before.</summary>
    private LogRecordHeader? PlanDropUnnamed(LogWrite write)
    {
        var isNamedByIt = _index.Key(write.Binding.Key) is { IsBinding: true } key && key.Id == write.Id;
        var isUnnamed = _index.NamesOf(write.Id) == (isNamedByIt ? 1 : 0);
        if (write.Entry is { } entry)
        {
            if (isUnnamed)
                return write.Header;
            TakeBack(entry);
        }
        else if (isUnnamed && _index.Block(write.Id) is { IsReadable: true })
        {
            return new LogRecordHeader(LogRecordKind.Tombstone, write.Id, 0, default, _algorithm);
        }

        return null;
    }

    private LogRecordHeader? PlanDrop(LogWrite write)
    {
        var known = _index.Block(write.Id);
        write.Found = known is { IsReadable: true };
        var isNeeded = known is null ? MayHoldMore : known.Kind == LogRecordKind.Block;
        if (isNeeded && !write.Id.IsZero)
            return new LogRecordHeader(LogRecordKind.Tombstone, write.Id, 0, default, _algorithm);
        Follow(write, known, null);
        return null;
    }

    /// <summary>A binding that says nothing new, since as late a word about its key is known.</summary>
    private bool IsOverruled(in KeyBinding binding) =>
        !binding.Key.IsZero && _index.Key(binding.Key) is { } known && known.Binding.Stamp >= binding.Stamp;

    /// <summary>Ends a change that is made already, when what it rests on is durable.</summary>
    private void Follow(LogWrite write, LogEntry? one, LogEntry? other)
    {
        var lead = one?.Write;
        if (other?.Write is { } second && (lead is null || second.Place > lead.Place))
            lead = second;
        if (lead is null)
        {
            Complete(write, isDurable: true);
            return;
        }

        (lead.Followers ??= []).Add(write);
        if (!write.Durable)
            Answer(write, Success(write, durable: false));
    }
}

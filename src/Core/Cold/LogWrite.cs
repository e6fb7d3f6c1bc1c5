using Cascade.Core.Identity;
using Cascade.Core.Log;
using Cascade.Core.Placement;

namespace Cascade.Core.Cold;

/// <summary>What a write is for.</summary>
internal enum LogWriteKind
{
    Put,
    Bind,
    Unbind,
    Drop,

    /// <summary>Drops the block whose last key is about to be deleted.</summary>
    DropUnnamed,

    /// <summary>Moves a record out of a file that is being reclaimed.</summary>
    Copy,

    /// <summary>Writes a deletion anew that was in a file that vanished.</summary>
    Restate,
}

/// <summary>A change to the log: waiting for its turn, written, or waiting for the flush that makes it durable.</summary>
internal sealed class LogWrite(LogWriteKind kind, object? sender, TimeSpan deadline)
{
    public LogWriteKind Kind { get; } = kind;

    /// <summary>Who is to be answered; null for the store's own writes.</summary>
    public object? Sender { get; } = sender;

    public TimeSpan Deadline { get; } = deadline;

    public BlockId Id { get; init; }

    public KeyBinding Binding { get; init; }

    public PayloadMemory Memory { get; init; }

    /// <summary>Asked to be answered only when durable.</summary>
    public bool Durable { get; init; }

    /// <summary>For what deletes: whether there was something to delete.</summary>
    public bool Found { get; set; }

    public bool Answered { get; set; }

    /// <summary>The record that it makes, or moves.</summary>
    public LogEntry? Entry { get; set; }

    /// <summary>For a copy: where from.</summary>
    public LogPosition Source { get; set; }

    public LogRecordHeader Header { get; set; }

    /// <summary>Its number in the order of the log; one that is written anew keeps it.</summary>
    public long Sequence { get; set; }

    public bool Written { get; set; }

    public TimeSpan WrittenAt { get; set; }

    /// <summary>Its source could not be read: there is nothing to write anew.</summary>
    public bool SourceLost { get; set; }

    /// <summary>Writes of it that failed.</summary>
    public int Failures { get; set; }

    /// <summary>Changes that turned out to be made by this one already and share its fate.</summary>
    public List<LogWrite>? Followers { get; set; }

    /// <summary>What has to be written for this one to be worth anything: the block that its alias names, or the drop of the block that its deletion leaves without a key.</summary>
    public LogWrite? DependsOn { get; set; }

    /// <summary>It was given up, and its sender told.</summary>
    public bool IsLost { get; set; }

    public LogPosition Place => Header.Place;
}

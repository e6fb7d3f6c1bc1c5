namespace Cascade.Core.Wire;

/// <summary>Bounds of what is written and believed. What is over one is neither sent nor read.</summary>
public static class WireLimits
{
    /// <summary>Most bytes of one message: a page of everything that is told in pages fits many times over.</summary>
    public const int MessageBytesMax = 4 << 20;

    /// <summary>Most entries of one list.</summary>
    public const int EntriesMax = 65_536;

    /// <summary>Most bytes of one text, in UTF-8.</summary>
    public const int TextBytesMax = 4096;

    /// <summary>Greatest length of a block, in bytes.</summary>
    public const long BlockBytesMax = Log.LogRecordHeader.MaxPayloadBytes;

    /// <summary>Most entries of one <see cref="Messages.RegistryPart"/> or <see cref="Messages.RegistryStatePart"/>: they take less than <see cref="MessageBytesMax"/>.</summary>
    public const int RegistryPartEntriesMax = 16_384;

    /// <summary>Most copies of one <see cref="Messages.Holdings"/>: they take about a megabyte.</summary>
    public const int HoldingsMax = 16_384;

    /// <summary>Most copies of one <see cref="Messages.Believed"/>: they take less than <see cref="MessageBytesMax"/>.</summary>
    public const int BelievedMax = 65_536;
}

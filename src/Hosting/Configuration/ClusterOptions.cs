using Cascade.Core.Hashing;

namespace Cascade.Hosting.Configuration;

/// <summary>Settings that all nodes of a cluster share.</summary>
public sealed record ClusterOptions
{
    private const int NameLengthMax = 32;

    /// <summary>Name of the cluster: 1 to 32 of a-z, 0-9 and '-'.</summary>
    public required string Name { get; init; }

    /// <summary>The digest that names blocks.</summary>
    public required DigestAlgorithm Digest { get; init; }

    /// <summary>Absolute path of a directory that all machines see, for the addresses of the nodes; empty for none.</summary>
    public required string Directory { get; init; }

    internal static ClusterOptions Read(OptionsReader reader) => new()
    {
        Name = reader.Text("name", $"1 to {NameLengthMax} of a-z, 0-9 and '-'", IsName),
        Digest = reader.Choice("digest", ("blake3", DigestAlgorithm.Blake3), ("sha256", DigestAlgorithm.Sha256)),
        Directory = reader.Text("directory", "an absolute path, or \"\" for none", static text => text.Length == 0 || OptionsReader.IsAbsolutePath(text)),
    };

    private static bool IsName(string text) =>
        text.Length is >= 1 and <= NameLengthMax && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}

/// <summary>Settings of this node alone.</summary>
public sealed record NodeOptions
{
    /// <summary>Number of the node in its cluster.</summary>
    public required int Id { get; init; }

    /// <summary>Whether the node stores nothing for others and owns nothing: it asks, and its memory is for what it puts and reads.</summary>
    public required bool IsClient { get; init; }

    /// <summary>How long the node may take to drain and stop; 1 s to 1 h.</summary>
    public required TimeSpan DrainWithin { get; init; }

    internal static NodeOptions Read(OptionsReader reader) => new()
    {
        Id = reader.Integer("id", 0, int.MaxValue),
        IsClient = reader.Boolean("client"),
        DrainWithin = reader.Duration("drain-within", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
    };
}

/// <summary>Settings of the actor engine.</summary>
public sealed record ActorOptions
{
    private const int MailboxCapacityMax = 1 << 24;
    private const int EntitiesLimit = 1 << 28;

    /// <summary>How long a request to an actor waits for its answer.</summary>
    public required TimeSpan AskTimeout { get; init; }

    /// <summary>Messages that may wait for one actor.</summary>
    public required int MailboxCapacity { get; init; }

    /// <summary>Actors of blocks that are kept in memory.</summary>
    public required int EntitiesMax { get; init; }

    /// <summary>How long an idle actor of a block or key stays in memory.</summary>
    public required TimeSpan PassivateAfter { get; init; }

    internal static ActorOptions Read(OptionsReader reader) => new()
    {
        AskTimeout = reader.Duration("ask-timeout", TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1)),
        MailboxCapacity = reader.Integer("mailbox-capacity", 16, MailboxCapacityMax),
        EntitiesMax = reader.Integer("entities-max", 16, EntitiesLimit),
        PassivateAfter = reader.Duration("passivate-after", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
    };
}

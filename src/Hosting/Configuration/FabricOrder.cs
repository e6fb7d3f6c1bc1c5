using Cascade.Core.Fabric;

namespace Cascade.Hosting.Configuration;

/// <summary>By what ways the bytes of blocks come from other nodes: the setting <c>cascade.fabric</c>. Immutable; compared by value.</summary>
public sealed record FabricOrder
{
    private const string Key = "fabric";
    private const string Auto = "auto";
    private const string Expected = "auto, or some of shm, mpi and tcp in the order in which they are tried, such as [shm, mpi]";

    private static readonly Dictionary<string, FabricKind> Words = new()
    {
        ["shm"] = FabricKind.Mapping,
        ["mpi"] = FabricKind.Mpi,
        ["tcp"] = FabricKind.Tcp,
    };

    private FabricOrder(bool isAuto, IEnumerable<FabricKind> ways) => (IsAuto, Ways) = (isAuto, [.. ways.Append(FabricKind.Tcp).Distinct()]);

    /// <summary>The ways, in the order in which they are tried; TCP is always among them.</summary>
    public IReadOnlyList<FabricKind> Ways { get; }

    /// <summary>Whether MPI is left out where it cannot be had, and otherwise the faster of MPI and TCP is taken.</summary>
    public bool IsAuto { get; }

    /// <summary>Whether a node that cannot have MPI is not to start.</summary>
    public bool NeedsMpi => !IsAuto && Ways.Contains(FabricKind.Mpi);

    /// <summary>An order by its words: auto, or some of shm, mpi and tcp.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    internal static FabricOrder Of(params IReadOnlyList<string> words)
    {
        if (words is [Auto])
            return new FabricOrder(isAuto: true, [FabricKind.Mapping, FabricKind.Mpi]);
        return words.Count > 0 && words.All(Words.ContainsKey) && words.Distinct().Count() == words.Count
            ? new FabricOrder(isAuto: false, words.Select(static word => Words[word]))
            : throw new ArgumentException($"Expected {Expected}.", nameof(words));
    }

    /// <summary>The word for a way.</summary>
    internal static string WordOf(FabricKind way) => Words.First(word => word.Value == way).Key;

    /// <inheritdoc/>
    public bool Equals(FabricOrder? other) => other is not null && IsAuto == other.IsAuto && Ways.SequenceEqual(other.Ways);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(IsAuto, Ways.Count, Ways[0]);

    /// <inheritdoc/>
    public override string ToString() => IsAuto ? Auto : string.Join(", ", Ways.Select(WordOf));

    internal static FabricOrder Read(OptionsReader cascade)
    {
        var words = cascade.Texts(Key, Expected, static _ => true);
        try
        {
            return Of(words);
        }
        catch (ArgumentException)
        {
            cascade.Fail(Key, $"expected {Expected}, each once");
            return Of(Auto);
        }
    }
}

using System.Collections.Immutable;
using System.Text;

namespace Cascade.Core.Membership;

/// <summary>What a node tells all others about itself for the length of its life. Small, since it rides on gossip. Immutable.</summary>
public sealed class MemberMetadata : IEquatable<MemberMetadata>
{
    /// <summary>Most labels that are taken.</summary>
    public const int LabelsMax = 8;

    /// <summary>Most bytes that all names and values may have together, in UTF-8.</summary>
    public const int LabelBytesMax = 256;

    /// <summary>A node that stores, without labels.</summary>
    public static readonly MemberMetadata None = new(isClient: false, []);

    /// <summary>Takes metadata.</summary>
    /// <param name="isClient">True for a node that asks and stores nothing: it owns no shards.</param>
    /// <param name="labels">Further facts, such as the name of the machine. Names are not empty and differ.</param>
    /// <exception cref="ArgumentException">There are too many labels, they are too long, or a name is empty or there twice.</exception>
    public MemberMetadata(bool isClient, IEnumerable<KeyValuePair<string, string>> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        IsClient = isClient;
        Labels = [.. labels.OrderBy(static label => label.Key, StringComparer.Ordinal)];
        SizeBytes = Labels.Sum(static label => Encoding.UTF8.GetByteCount(label.Key) + Encoding.UTF8.GetByteCount(label.Value));
        if (Labels.Length > LabelsMax || SizeBytes > LabelBytesMax)
            throw new ArgumentException($"A node may have {LabelsMax} labels of {LabelBytesMax} bytes in all: leave some out or shorten them.", nameof(labels));
        for (var i = 0; i < Labels.Length; i++)
        {
            if (Labels[i].Key.Length == 0 || (i > 0 && Labels[i].Key == Labels[i - 1].Key))
                throw new ArgumentException($"The label '{Labels[i].Key}' is empty or there twice: give each label a name of its own.", nameof(labels));
        }
    }

    /// <summary>True for a node that asks and stores nothing.</summary>
    public bool IsClient { get; }

    /// <summary>Further facts, in the order of their names.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Labels { get; }

    /// <summary>Bytes of all names and values in UTF-8.</summary>
    public int SizeBytes { get; }

    /// <summary>The value of a label; null when there is none.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (var label in Labels)
            {
                if (label.Key == name)
                    return label.Value;
            }
            return null;
        }
    }

    /// <inheritdoc/>
    public bool Equals(MemberMetadata? other) => other is not null && IsClient == other.IsClient && Labels.AsSpan().SequenceEqual(other.Labels.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MemberMetadata);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(IsClient, Labels.Length, SizeBytes);
}

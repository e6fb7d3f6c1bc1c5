using System.Text;
using Cascade.Core.Membership;

namespace Cascade.Core.Wire;

/// <summary>The wire form of what is told of one node. It never takes more than <see cref="Member.SizeBytes"/>, its framing in a list included.</summary>
internal static class MemberWire
{
    private static readonly NodeAddress Nowhere = new("nowhere:1");

    /// <summary>The fields of a member.</summary>
    public static void Write(ref WireWriter w, Member member)
    {
        if (!member.IsValid())
            w.Fail($"What is told of {member.Node} is out of its range.");
        w.Node(1, member.Node);
        w.Text(2, member.Address.Text, NodeAddress.LengthMax);
        w.Stamp(3, member.Start);
        w.UInt64(4, (ulong)member.Incarnation);
        w.UInt64(5, (ulong)member.State);
        w.UInt64(6, (ulong)member.Share);
        w.Flag(7, member.Metadata.IsClient);
        WriteLabels(ref w, member.Metadata);
        w.NodeOrNone(10, member.Accuser);
    }

    /// <summary>A member of its fields.</summary>
    public static Member Read(ref WireFields f)
    {
        var member = new Member(
            f.Node(1), Address(ref f, 2), f.Stamp(3), f.Amount(4), (MemberState)f.Count(5, (int)MemberState.Left), f.Count(6), Metadata(ref f),
            f.Has(10) ? f.Node(10) : null);
        if (!member.IsValid())
            f.Fail("What is told of a member is out of its range.");
        return member;
    }

    /// <summary>An address, which has to be there.</summary>
    public static NodeAddress Address(ref WireFields f, int field)
    {
        var text = f.Text(field, NodeAddress.LengthMax);
        if (f.Why is not null)
            return Nowhere;
        try
        {
            return new NodeAddress(text);
        }
        catch (ArgumentException)
        {
            // What was told is not repeated: it may be anything, and this goes to a log.
            f.Fail(field, "is no address: host:port is wanted");
            return Nowhere;
        }
    }

    // All texts in one field and their lengths in another take less than a message a label would.
    private static void WriteLabels(ref WireWriter w, MemberMetadata metadata)
    {
        if (metadata.Labels.IsEmpty)
            return;
        w.BytesHead(8, metadata.SizeBytes);
        var lengths = 0;
        foreach (var (name, value) in metadata.Labels)
        {
            foreach (var text in (ReadOnlySpan<string>)[name, value])
            {
                var length = Encoding.UTF8.GetByteCount(text);
                w.Raw(text, length);
                lengths += WireFraming.VarintBytes((ulong)length);
            }
        }
        w.BytesHead(9, lengths);
        foreach (var (name, value) in metadata.Labels)
        {
            w.Varint((ulong)Encoding.UTF8.GetByteCount(name));
            w.Varint((ulong)Encoding.UTF8.GetByteCount(value));
        }
    }

    private static MemberMetadata Metadata(ref WireFields f)
    {
        var isClient = f.Flag(7);
        var texts = f.Bytes(8);
        Span<int> lengths = stackalloc int[2 * MemberMetadata.LabelsMax];
        var count = f.Packed(9, MemberMetadata.LabelBytesMax, lengths);
        var total = 0;
        foreach (var length in lengths[..count])
            total += length;
        if (count % 2 != 0 || total != texts.Length || total > MemberMetadata.LabelBytesMax)
            f.Fail("The labels of a member do not have the lengths that are told of them.");
        if (f.Why is not null || (count == 0 && !isClient))
            return MemberMetadata.None;

        var labels = new KeyValuePair<string, string>[count / 2];
        for (var i = 0; i < labels.Length; i++)
        {
            var name = Take(ref f, ref texts, lengths[2 * i]);
            labels[i] = new KeyValuePair<string, string>(name, Take(ref f, ref texts, lengths[(2 * i) + 1]));
        }
        try
        {
            return f.Why is null ? new MemberMetadata(isClient, labels) : MemberMetadata.None;
        }
        catch (ArgumentException)
        {
            f.Fail("The labels of a member are too many or too long, or two have one name, or one has none.");
            return MemberMetadata.None;
        }
    }

    private static string Take(ref WireFields f, ref ReadOnlySpan<byte> texts, int length)
    {
        var text = f.Text(8, texts[..length]);
        texts = texts[length..];
        return text;
    }
}

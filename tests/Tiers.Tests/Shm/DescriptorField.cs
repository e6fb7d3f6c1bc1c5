using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Tests.Shm;

/// <summary>Where things lie in an arena file, written down a second time: a change of the format must be meant.</summary>
internal static class DescriptorField
{
    public const int SizeBytes = 192;
    public const int KeyRetired = 4;
    public const int Checksum = 8;

    public static long Offset(uint slot, int field) => 4096 + (slot * SizeBytes) + field;

    public static void Flip4(this ArenaSandbox box, uint slot, int field)
    {
        for (var at = 0; at < 4; at++)
            box.Flip(Offset(slot, field + at));
    }

    /// <summary>Copies an entry of the closed file, with its generation, over another.</summary>
    public static void CopyEntry(this ArenaSandbox box, uint from, uint to)
    {
        using var file = File.OpenHandle(box.FilePath, FileMode.Open, FileAccess.ReadWrite);
        var entry = new byte[SizeBytes];
        RandomAccess.Read(file, entry, Offset(from, 0));
        RandomAccess.Write(file, entry, Offset(to, 0));
        Assert.Equal(Descriptor.SizeBytes, SizeBytes);
    }
}

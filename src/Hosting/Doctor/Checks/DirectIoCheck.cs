using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>Whether the cold tier can write past the page cache.</summary>
internal sealed class DirectIoCheck(Machine machine) : ICheck
{
    /// <inheritdoc/>
    public string Name => "direct_io";

    /// <inheritdoc/>
    public Finding Examine(CascadeOptions options)
    {
        if (ColdPlace.Of(options, machine.Files) is not { } place)
            return Finding.Ok("no directory is configured", "nothing is written to a disk");
        var (result, reason) = machine.Files.TryDirectIo(place.Existing);
        return result switch
        {
            DirectIoResult.Direct => Finding.Ok($"O_DIRECT works in {place.Existing}", "writes and reads blocks past the page cache"),
            DirectIoResult.Refused => Finding.Note(
                $"{place.Existing} refuses O_DIRECT ({reason})",
                "writes through the page cache and drops from it what was written: slower, each write being a flush",
                "name a directory on ext4, XFS, Lustre or the like as cascade.tiers.cold.directory"),
            _ => Finding.Problem(
                $"no file can be written in {place.Existing} ({reason})",
                "the node refuses to start, or keeps nothing on the disk",
                $"give this user the right to write there, free space, or name another directory as cascade.tiers.cold.directory"),
        };
    }
}

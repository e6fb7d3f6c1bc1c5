using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Hosting.Node;

namespace Cascade.Hosting.Tests.Cluster;

public sealed class AddressFileTests : IDisposable
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly NodeAddress Address = new("127.0.0.1:7400");
    private static readonly NodeId Node = new(7);

    private readonly string _directory = Directory.CreateTempSubdirectory("cascade-address-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Address_is_found_while_the_file_is_there()
    {
        using (AddressFile.Write(_directory, "blue", Node, Mode, Address))
        {
            Assert.Equal([Address], AddressFile.Find(_directory, "blue"));
            Assert.Null(AddressFile.LauncherOf(_directory, "blue", Node));
            Assert.Empty(AddressFile.Find(_directory, "red"));
        }

        Assert.Empty(Directory.GetFiles(_directory));
    }

    [Fact]
    public void Launcher_of_a_rank_is_found_beside_its_address()
    {
        using var file = AddressFile.Write(_directory, "blue", Node, Mode, Address, "socket:[77]");
        Assert.Equal([Address], AddressFile.Find(_directory, "blue"));
        Assert.Equal("socket:[77]", AddressFile.LauncherOf(_directory, "blue", Node));
        Assert.Null(AddressFile.LauncherOf(_directory, "blue", new NodeId(8)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("\nsocket:[77]")]
    public void File_that_says_no_address_is_none(string text)
    {
        File.WriteAllText(Path.Combine(_directory, "cascade-blue-7.address"), text);
        Assert.Empty(AddressFile.Find(_directory, "blue"));
    }
}

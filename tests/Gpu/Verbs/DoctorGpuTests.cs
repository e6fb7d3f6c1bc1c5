namespace Cascade.Gpu.Tests.Verbs;

/// <summary><c>doctor</c> in a process of its own whose driver is the stand-in.</summary>
public sealed class DoctorGpuTests
{
    [Theory]
    [InlineData("512MiB", "64MiB", "ok", "keeps blocks in 512 MiB of each device")]
    [InlineData("2GiB", "64MiB", "note", "a node takes at most 1 GiB of device 0 in place of 2 GiB")]
    [InlineData("2GiB", "2GiB", "problem", "a node does not start: device 0 would give 1 GiB, less than cascade.tiers.gpu.min-capacity of 2 GiB")]
    public async Task Doctor_says_what_the_driver_has_and_what_a_node_would_take(string capacity, string least, string status, string effect)
    {
        var run = await DeviceProcess.RunAsync(
            "cascade.dll", "doctor", "--json", "--set", $"cascade.tiers.gpu.capacity={capacity}", "--set", $"cascade.tiers.gpu.min-capacity={least}");
        var cuda = run.Document.GetProperty("checks").EnumerateArray().Single(static check => check.GetProperty("name").GetString() == "cuda");
        Assert.True(cuda.GetProperty("found").GetString() == "CUDA 12.4, 1 x Stand-in 0 of 1 GiB (compute capability 9.0), free: 1 GiB", cuda.ToString());
        Assert.Equal((status, effect), (cuda.GetProperty("status").GetString(), cuda.GetProperty("effect").GetString()));
    }
}

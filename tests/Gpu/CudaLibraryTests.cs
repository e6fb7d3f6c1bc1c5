using System.Runtime.CompilerServices;
using Cascade.Tiers.Native;

namespace Cascade.Gpu.Tests;

public sealed class CudaLibraryTests
{
    [Fact]
    public void Library_that_is_not_there_is_said_in_words()
    {
        Assert.False(CudaLibrary.TryFind(["libno-such-driver.so.1"], out var library));
        Assert.Equal(0, library);
        var probe = CudaLibrary.Absent(["libno-such-driver.so.1"]);
        Assert.Equal(CudaLibraryKind.Absent, probe.Kind);
        Assert.Contains("no CUDA driver was found (libno-such-driver.so.1)", probe.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Driver_with_devices_is_usable()
    {
        DriverStandIn.Reset(devices: 3);
        Assert.True(CudaLibrary.TryLoad(out var probe));
        Assert.Equal(new CudaLibraryProbe(CudaLibraryKind.Usable, 12040, 3, "CUDA 12.4, 3 devices"), probe);
    }

    [Theory]
    [InlineData(11080, CudaLibraryKind.Refused, "for CUDA 11.8, older than 12.0")]
    [InlineData(13010, CudaLibraryKind.Usable, "CUDA 13.1, 1 device")]
    public void Driver_is_judged_by_its_version(int version, CudaLibraryKind kind, string words)
    {
        DriverStandIn.Reset();
        DriverStandIn.Version(version);
        CudaLibrary.TryLoad(out var probe);
        Assert.Equal(kind, probe.Kind);
        Assert.Contains(words, probe.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Driver_without_a_device_is_no_exception()
    {
        DriverStandIn.Reset(devices: 0);
        Assert.False(CudaLibrary.TryLoad(out var probe));
        Assert.Equal(CudaLibraryKind.NoDevice, probe.Kind);
    }

    [Theory]
    [InlineData("cuInit", "does not start")]
    [InlineData("cuDeviceGetCount", "does not list its devices")]
    public void Driver_that_fails_is_refused_with_its_words(string call, string words)
    {
        DriverStandIn.Reset();
        DriverStandIn.Fail(call, CudaCode.OutOfMemory);
        Assert.False(CudaLibrary.TryLoad(out var probe));
        Assert.Equal(CudaLibraryKind.Refused, probe.Kind);
        Assert.Contains(words, probe.Message, StringComparison.Ordinal);
        Assert.Contains("out of memory (CUDA_ERROR_OUT_OF_MEMORY, 2)", probe.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Failure_names_call_error_and_text()
    {
        DriverStandIn.Reset();
        Assert.True(CudaLibrary.TryLoad(out _));
        var failure = Assert.Throws<CudaException>(() => CudaException.Check(Cuda.cuMemAlloc_v2(out _, 0x1000), nameof(Cuda.cuMemAlloc_v2)));
        Assert.Equal("cuMemAlloc_v2 failed: error 201", failure.Message);
        Assert.False(failure.IsSticky);
        var sticky = Assert.Throws<CudaException>(() => CudaException.Check(DriverStandIn.IllegalAddress, "cuEventQuery"));
        Assert.Equal("cuEventQuery failed: an illegal memory access was encountered (CUDA_ERROR_ILLEGAL_ADDRESS, 700)", sticky.Message);
        Assert.True(sticky.IsSticky);
    }

    [Fact]
    public void Opaque_handle_has_the_size_that_the_driver_knows() => Assert.Equal(64, Unsafe.SizeOf<Cuda.CUipcMemHandle>());
}

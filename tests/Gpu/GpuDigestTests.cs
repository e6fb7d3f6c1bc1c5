using Cascade.Core.Hashing;
using Cascade.Gpu.Tests.Ptx;
using Cascade.Tiers.Gpu;
using Cascade.Tiers.Native;

namespace Cascade.Gpu.Tests;

/// <summary>The kernels, as they are handed to the driver, interpreted: against BLAKE3 of the host.</summary>
public sealed class GpuDigestTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(2048)]
    [InlineData(3 * 1024)]
    [InlineData((7 * 1024) + 1)]
    [InlineData(8 * 1024)]
    [InlineData((8 * 1024) + 1)]
    [InlineData(16 * 1024)]
    [InlineData(17 * 1024)]
    [InlineData((24 * 1024) + 511)]
    [InlineData(100_001)]
    public void Digest_of_device_memory_is_that_of_the_host(int length)
    {
        using (var box = new GpuSandbox())
        {
            PtxDevice.Plug();
            var bytes = GpuSandbox.Bytes(length, seed: length);
            var copy = box.Put(bytes);
            var digest = box.Start(GpuCopyKind.Digest, box.Slab.AddressOf(copy), box.Host + 12_345, length);
            box.Finish();
            Assert.Null(PtxDevice.Trouble);
            Assert.True(digest.Only.Succeeded);
            Assert.Equal(DigestOf(bytes), box.HostSpan(12_345, 32).ToArray());
        }

        DriverStandIn.AssertEmpty();
    }

    [Fact]
    public void Digests_that_follow_each_other_share_their_memory_and_none_is_mixed_up()
    {
        using var box = new GpuSandbox();
        PtxDevice.Plug();
        var blocks = Enumerable.Range(0, 6).Select(n => GpuSandbox.Bytes(3_000 + (n * 1_777), seed: n)).ToList();
        var copies = blocks.Select(bytes => box.Put(bytes)).ToList();
        var digests = copies.Select((copy, n) => box.Start(GpuCopyKind.Digest, box.Slab.AddressOf(copy), box.Host + (n * 32), copy.LengthBytes)).ToList();
        box.Finish();
        Assert.Null(PtxDevice.Trouble);
        Assert.All(digests, digest => Assert.True(digest.Only.Succeeded));
        Assert.All(blocks.Select(DigestOf).Index(), expected => Assert.Equal(expected.Item, box.HostSpan(expected.Index * 32, 32).ToArray()));
    }

    [Fact]
    public void Launch_that_is_refused_fails_the_digest_once_those_before_are_done()
    {
        using var box = new GpuSandbox();
        PtxDevice.Plug();
        var copy = box.Put(GpuSandbox.Bytes(5_000, seed: 1));
        DriverStandIn.Fail("cuLaunchKernel", CudaCode.OutOfMemory, nth: 2);
        var digest = box.Start(GpuCopyKind.Digest, box.Slab.AddressOf(copy), box.Host + 100_000, 5_000);
        box.Slab.Copier.Turn();
        Assert.Empty(digest.Results);
        box.Finish();
        Assert.Equal("cuLaunchKernel", digest.Only.Failure!.Call);
        Assert.False(box.HostSpan(100_000, 32).ContainsAnyExcept((byte)0));
        Assert.Null(box.Slab.Failure);
    }

    [Fact]
    public void Driver_that_does_not_compile_the_kernels_leaves_a_slab_that_cannot_hash()
    {
        DriverStandIn.Reset();
        DriverStandIn.Fail("cuModuleLoadDataEx", 218);
        using var box = new GpuSandbox(reset: false);
        Assert.Equal("device 0 cannot hash: cuModuleLoadDataEx failed: error 218", box.Slab.DigestTrouble);
        var copy = box.Put(GpuSandbox.Bytes(5_000, seed: 2));
        var refused = Assert.Throws<InvalidOperationException>(() => box.Start(GpuCopyKind.Digest, box.Slab.AddressOf(copy), box.Host, 5_000));
        Assert.Equal(box.Slab.DigestTrouble, refused.Message);
    }

    [Fact]
    public void Memory_that_is_not_aligned_is_refused()
    {
        using var box = new GpuSandbox();
        var copy = box.Put(GpuSandbox.Bytes(5_000, seed: 3));
        Assert.Throws<ArgumentException>(() => box.Start(GpuCopyKind.Digest, box.Slab.AddressOf(copy) + 8, box.Host, 100));
        Assert.Throws<ArgumentException>(() => box.Start(GpuCopyKind.Digest, box.Slab.AddressOf(copy), box.Host, box.Slab.MaxBlockBytes + 1));
    }

    [Fact]
    public void Text_is_ascii_that_ends_with_a_zero_byte_and_names_the_oldest_driver_and_device()
    {
        var ptx = Blake3Kernels.Ptx();
        Assert.Equal(0, ptx[^1]);
        Assert.DoesNotContain((byte)0, ptx[..^1]);
        Assert.All(ptx, character => Assert.InRange(character, 0, 127));
        Assert.StartsWith(".version 7.0\n.target sm_70\n.address_size 64\n", Blake3Kernels.Text(), StringComparison.Ordinal);
    }

    private static byte[] DigestOf(byte[] bytes)
    {
        var digest = new byte[32];
        Blake3.Hash(bytes, digest);
        return digest;
    }
}

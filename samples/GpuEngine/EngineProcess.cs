using System.Diagnostics;
using System.Globalization;
using Cascade.Tiers.Gpu;

namespace Cascade.GpuEngine;

/// <summary>The engine's process, as the node's sees it: lines of text through pipes. The first says what to map, each other names a block; each block is answered.</summary>
internal sealed class EngineProcess : IDisposable
{
    /// <summary>What makes a process of this program the engine's.</summary>
    public const string Argument = "--engine";

    private readonly Process _process;

    private EngineProcess(Process process) => _process = process;

    /// <summary>Starts it and hands the slab's handle over: 64 bytes that mean something on this machine alone, while this process lives.</summary>
    public static EngineProcess Start(GpuSlabExport export)
    {
        // This program, started as this process was: by the runtime's host, or as an executable of its own.
        var host = Environment.ProcessPath ?? "dotnet";
        string[] arguments = Path.GetFileName(host) == "dotnet" ? ["exec", typeof(EngineProcess).Assembly.Location, Argument] : [Argument];
        var process = Process.Start(new ProcessStartInfo(host, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var handle = Convert.ToBase64String(export.Handle.Span);
        process.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{export.DeviceUuid} {export.CapacityBytes} {handle}"));
        return new EngineProcess(process);
    }

    /// <summary>Reads the first line.</summary>
    public static GpuSlabExport ReadExport(string line)
    {
        var words = line.Split(' ');
        return new GpuSlabExport(Convert.FromBase64String(words[2]), long.Parse(words[1], CultureInfo.InvariantCulture), words[0]);
    }

    /// <summary>Has the engine read a block. The lease is held until the answer is there.</summary>
    public async Task<string> ReadAsync(GpuLease lease)
    {
        await _process.StandardInput.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{lease.OffsetBytes} {lease.LengthBytes} {lease.Id}"));
        await _process.StandardInput.FlushAsync();
        return await _process.StandardOutput.ReadLineAsync() ?? "the engine has ended";
    }

    /// <summary>Tells the engine that there is nothing more, and waits for it.</summary>
    public async Task<int> EndAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();
}

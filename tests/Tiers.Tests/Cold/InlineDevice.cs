using Cascade.Core.Cold;
using Cascade.Tiers.Cold;

namespace Cascade.Tiers.Tests.Cold;

/// <summary>The real device without its threads: each request is carried out on the real disk before <see cref="Submit"/> returns.</summary>
internal sealed class InlineDevice(ColdDirectory directory, PayloadArea area, Action<DeviceCompletion, string?> onCompletion) : IColdDevice
{
    private static readonly ColdDeviceOptions Options = new();

    private readonly OpenFiles _files = new(directory, Options.OpenFilesMax, _ => { });
    private readonly List<DeviceRequest> _submitted = [];
    private DeviceWorker? _worker;

    /// <summary>All that was asked for, in order.</summary>
    public IReadOnlyList<DeviceRequest> Submitted => _submitted;

    public void Submit(DeviceRequest request)
    {
        _submitted.Add(request);
        if (request is WriteRecord { Source.File: 0, Header.PayloadBytes: > 0 } write)
            area.AddressOf(write.Memory);
        _worker ??= new DeviceWorker(directory, _files, area, Options);
        onCompletion(_worker.Execute(request, out var fault), fault.Reason);
    }

    public void Dispose()
    {
        _worker?.Dispose();
        _files.Dispose();
    }
}

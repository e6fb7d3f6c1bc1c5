using Cascade.Core.Cold;

namespace Cascade.Tiers.Cold;

/// <summary>Carries out what the cold tier's core asks of its block device, see <see cref="DeviceRequest"/>.</summary>
public interface IColdDevice : IDisposable
{
    /// <summary>
    /// Begins a request and returns; it is answered by exactly one completion, on any thread, also within this call. Thread-safe.
    /// </summary>
    /// <exception cref="ArgumentException">The request names memory that is not the device's to use.</exception>
    void Submit(DeviceRequest request);
}

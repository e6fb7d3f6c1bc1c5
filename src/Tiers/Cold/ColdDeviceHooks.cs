using Cascade.Core.Cold;

namespace Cascade.Tiers.Cold;

/// <summary>Who a cold device tells what. All are called on the device's threads, several at a time, and return soon.</summary>
public sealed record ColdDeviceHooks
{
    /// <summary>Gets the completions, and in words why one did not go well, else null. Must not throw, and not dispose the device.</summary>
    public required Action<DeviceCompletion, string?> OnCompletion { get; init; }

    /// <summary>Told once in words that the file system refuses <c>O_DIRECT</c> and what is done instead.</summary>
    public Action<string>? OnBuffered { get; init; }
}

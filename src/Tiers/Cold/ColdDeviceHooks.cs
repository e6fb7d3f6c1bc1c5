using Cascade.Core.Cold;

namespace Cascade.Tiers.Cold;

/// <summary>Who a cold device tells what. All are called on the device's threads, several at a time, and return soon.</summary>
public sealed record ColdDeviceHooks
{
    /// <summary>Gets the completions. Must not throw, and not dispose the device.</summary>
    public required Action<DeviceCompletion> OnCompletion { get; init; }

    /// <summary>Told in words why a request did not go well: its completion has only the status.</summary>
    public Action<string>? OnFailure { get; init; }

    /// <summary>Told once in words that the file system refuses <c>O_DIRECT</c> and what is done instead.</summary>
    public Action<string>? OnBuffered { get; init; }
}

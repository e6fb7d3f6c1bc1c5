using Cascade.Core.Cold;

namespace Cascade.Tiers.Cold;

/// <summary>Tells a person of a failing device: once for each kind of request, until one of that kind goes well.</summary>
internal sealed class DeviceTrouble(Action<string>? say)
{
    private readonly Dictionary<long, Type> _asked = [];
    private readonly HashSet<Type> _failing = [];

    public void OnSubmit(DeviceRequest request) => _asked.Add(request.Number, request.GetType());

    public void OnCompletion(DeviceCompletion completion, string? reason)
    {
        if (!_asked.Remove(completion.Number, out var kind))
            return;
        if (completion.Status == DeviceStatus.Ok)
            _failing.Remove(kind);
        else if (!IsNormal(kind, completion.Status) && _failing.Add(kind))
            say?.Invoke(reason ?? $"{kind.Name} {completion.Number} of the cold tier ended {completion.Status}.");
    }

    /// <summary>The first life of a directory finds no checkpoint there.</summary>
    private static bool IsNormal(Type kind, DeviceStatus status) => kind == typeof(ReadCheckpoint) && status == DeviceStatus.Gone;
}

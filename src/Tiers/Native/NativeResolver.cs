using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Cascade.Tiers.Native;

/// <summary>Tells the runtime which library stands behind a name that calls are declared under. One an assembly. Thread-safe.</summary>
internal static class NativeResolver
{
    private static readonly ConcurrentDictionary<string, nint> Libraries = Set();

    /// <summary>From now on calls that are declared under the name go to the library; before any of them is made.</summary>
    public static void Provide(string name, nint library) => Libraries[name] = library;

    private static ConcurrentDictionary<string, nint> Set()
    {
        NativeLibrary.SetDllImportResolver(typeof(NativeResolver).Assembly, Resolve);
        return new ConcurrentDictionary<string, nint>();
    }

    /// <summary>Zero leaves a name to the runtime.</summary>
    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search) => Libraries.GetValueOrDefault(name);
}

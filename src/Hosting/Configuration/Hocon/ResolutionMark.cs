namespace Cascade.Hosting.Configuration.Hocon;

/// <summary>
/// Stands where a value could not be had while resolution goes on to find further faults; never part of a result.
/// </summary>
internal sealed class ResolutionMark : HoconValue
{
    /// <summary>The fault is reported already.</summary>
    public static readonly ResolutionMark Failed = new();

    /// <summary>The value needs itself; the nearest substitution decides what that means.</summary>
    public static readonly ResolutionMark Cycle = new();

    private ResolutionMark()
        : base(default) { }

    public override HoconKind Kind => HoconKind.Null;

    public override string Describe() => "no value";
}

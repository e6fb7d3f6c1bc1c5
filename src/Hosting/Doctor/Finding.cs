namespace Cascade.Hosting.Doctor;

/// <summary>How well something of the machine suits Cascade.</summary>
internal enum CheckStatus
{
    /// <summary>Nothing is to be done.</summary>
    Ok,

    /// <summary>Cascade works, and would work better otherwise.</summary>
    Note,

    /// <summary>The node would not start, or would fail.</summary>
    Problem,
}

/// <summary>What a check found.</summary>
/// <param name="Status">How well that is.</param>
/// <param name="Found">What is there, numbers with their units.</param>
/// <param name="Effect">What Cascade does with it.</param>
/// <param name="Cure">What to do; null when it is <see cref="CheckStatus.Ok"/>.</param>
internal sealed record Finding(CheckStatus Status, string Found, string Effect, string? Cure)
{
    /// <summary>Nothing is to be done.</summary>
    public static Finding Ok(string found, string effect) => new(CheckStatus.Ok, found, effect, null);

    /// <summary>Cascade works, and would work better otherwise.</summary>
    public static Finding Note(string found, string effect, string cure) => new(CheckStatus.Note, found, effect, cure);

    /// <summary>The node would not start, or would fail.</summary>
    public static Finding Problem(string found, string effect, string cure) => new(CheckStatus.Problem, found, effect, cure);
}

namespace Cascade.Hosting.Doctor;

/// <summary>A check and what it found.</summary>
/// <param name="Name">The check.</param>
/// <param name="Status">How well that is.</param>
/// <param name="Found">What is there, numbers with their units.</param>
/// <param name="Effect">What Cascade does with it.</param>
/// <param name="Cure">What to do; null when it is <see cref="CheckStatus.Ok"/>.</param>
internal sealed record CheckReport(string Name, CheckStatus Status, string Found, string Effect, string? Cure);

/// <summary>What all checks found, in their order.</summary>
/// <param name="Checks">One a check.</param>
internal sealed record DoctorReport(IReadOnlyList<CheckReport> Checks)
{
    /// <summary>Checks with nothing to do.</summary>
    public int Ok => Count(CheckStatus.Ok);

    /// <summary>Checks that found what could be better.</summary>
    public int Notes => Count(CheckStatus.Note);

    /// <summary>Checks that found what will fail.</summary>
    public int Problems => Count(CheckStatus.Problem);

    private int Count(CheckStatus status) => Checks.Count(check => check.Status == status);
}

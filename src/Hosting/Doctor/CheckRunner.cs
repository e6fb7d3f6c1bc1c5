using System.Globalization;
using Cascade.Hosting.Configuration;

namespace Cascade.Hosting.Doctor;

/// <summary>Runs checks side by side, each for a limited time and on a thread of its own, so that one which hangs or throws costs no other.</summary>
/// <param name="limit">How long a check may take. One that takes longer is left behind on its thread, which ends with the process.</param>
/// <param name="time">The clock.</param>
internal sealed class CheckRunner(TimeSpan limit, TimeProvider time)
{
    /// <summary>Runs checks; the reports are in their order.</summary>
    public async Task<IReadOnlyList<CheckReport>> RunAsync(IReadOnlyList<ICheck> checks, CascadeOptions options, CancellationToken cancellationToken) =>
        await Task.WhenAll(checks.Select(check => RunAsync(check, options, cancellationToken)));

    private async Task<CheckReport> RunAsync(ICheck check, CascadeOptions options, CancellationToken cancellationToken)
    {
        var finding = await FindAsync(check, options, cancellationToken);
        return new CheckReport(check.Name, finding.Status, finding.Found, finding.Effect, finding.Cure);
    }

    private async Task<Finding> FindAsync(ICheck check, CascadeOptions options, CancellationToken cancellationToken)
    {
        var found = new TaskCompletionSource<Finding>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Examine(check, options, found)) { IsBackground = true, Name = $"doctor-{check.Name}" }.Start();
        try
        {
            return await found.Task.WaitAsync(limit, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return Finding.Problem(
                string.Create(CultureInfo.InvariantCulture, $"no answer within {limit.TotalSeconds:0.#} s"),
                "a node would hang at the same place",
                "look for a file system, name server or driver that does not answer; 'dmesg' may name it");
        }
    }

    private static void Examine(ICheck check, CascadeOptions options, TaskCompletionSource<Finding> found)
    {
        try
        {
            found.SetResult(check.Examine(options));
        }
        catch (Exception e)
        {
            found.SetResult(Finding.Problem(
                $"the check failed: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}",
                "what a node would find here is not known",
                "mend what the message names, or report the message as a fault of the program"));
        }
    }
}

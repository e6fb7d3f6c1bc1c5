using System.Globalization;
using System.Text.Json;

namespace Cascade.Hosting.Benchmarks.Ranks;

/// <summary>A folder by which the processes of a benchmark tell each other how far they are, each word a file that is written once.</summary>
/// <param name="path">The folder.</param>
internal sealed class RankFolder(string path)
{
    private const string StopWord = "stop";
    private const string FailedWord = "failed";
    private const string StarterWord = "starter";
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);

    /// <summary>Where it is.</summary>
    public string Path => path;

    /// <summary>Why the benchmark failed, in the words of who failed first; null when nobody did.</summary>
    public string? Failure => TryRead(FailedWord);

    /// <summary>True when all are to end.</summary>
    public bool IsOver => !Directory.Exists(path) || File.Exists(NameOf(StopWord)) || File.Exists(NameOf(FailedWord));

    /// <summary>Makes the folder, for ranks that this process is about to start.</summary>
    public void Make()
    {
        Directory.CreateDirectory(path);
        Tell(StarterWord, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Removes folders of this user whose makers do not run any more.</summary>
    /// <param name="parent">Where they are.</param>
    /// <param name="pattern">What they are called.</param>
    public static void RemoveAbandoned(string parent, string pattern)
    {
        foreach (var path in Directory.Exists(parent) ? Directory.GetDirectories(parent, pattern) : [])
        {
            try
            {
                if (new RankFolder(path).TryRead(StarterWord) is { } process && !Directory.Exists($"/proc/{process}"))
                    Directory.Delete(path, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It is another user's, or another run removes it.
            }
        }
    }

    /// <summary>Says something.</summary>
    public void Tell(string what, string text = "")
    {
        var draft = NameOf($"{what}.{Environment.ProcessId}");
        File.WriteAllText(draft, text);
        File.Move(draft, NameOf(what), overwrite: true);
    }

    /// <summary>Says something that has parts.</summary>
    public void Tell<T>(string what, T value) => Tell(what, JsonSerializer.Serialize(value));

    /// <summary>Has all end, for a reason that is told; only the first counts.</summary>
    public void Fail(string why)
    {
        if (!File.Exists(NameOf(FailedWord)))
            Tell(FailedWord, why);
    }

    /// <summary>Has all end.</summary>
    public void Stop() => Tell(StopWord);

    /// <summary>What was said; null when nothing was yet.</summary>
    public string? TryRead(string what)
    {
        try
        {
            return File.ReadAllText(NameOf(what));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The same of something that has parts.</summary>
    public T? TryRead<T>(string what) => TryRead(what) is { } text ? JsonSerializer.Deserialize<T>(text) : default;

    /// <summary>Waits until something has been said.</summary>
    /// <exception cref="OperationCanceledException">All are to end.</exception>
    public async Task<string> AwaitAsync(string what, CancellationToken cancellation)
    {
        while (true)
        {
            if (TryRead(what) is { } text)
                return text;
            if (IsOver)
                throw new OperationCanceledException("The benchmark is over.");
            await Task.Delay(LookEvery, cancellation);
        }
    }

    /// <summary>Waits until something that has parts has been said.</summary>
    /// <exception cref="OperationCanceledException">All are to end.</exception>
    public async Task<T> AwaitAsync<T>(string what, CancellationToken cancellation) => JsonSerializer.Deserialize<T>(await AwaitAsync(what, cancellation))!;

    private string NameOf(string what) => System.IO.Path.Combine(path, $"bench.{what}");
}

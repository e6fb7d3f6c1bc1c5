using System.Globalization;
using Cascade.Hosting.Configuration;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>Whether the configuration loads. It comes first: what it gives, the other checks are held against.</summary>
/// <param name="sources">Where it comes from.</param>
internal sealed class ConfigurationCheck(ConfigurationSources sources) : ICheck
{
    private const string Prefix = "CASCADE__";

    private volatile CascadeOptions? _loaded;

    /// <inheritdoc/>
    public string Name => "configuration";

    /// <summary>The configuration in force; null when it did not load, or has not yet.</summary>
    public CascadeOptions? Loaded => _loaded;

    /// <inheritdoc/>
    public Finding Examine(CascadeOptions options)
    {
        try
        {
            _loaded = CascadeConfiguration.Load(sources).Options;
        }
        catch (ConfigurationException e)
        {
            return Finding.Problem(
                string.Join("; ", e.Messages),
                "no node starts with it; what follows is held against the defaults",
                sources.FilePath is { } file ? $"correct {file}; 'cascade node --print-config --config {file}' tells when it is right" : "correct the setting that is named");
        }

        var draft = new FindingDraft();
        draft.Found(sources.FilePath is { } path ? $"defaults and {path}" : "the defaults");
        var variables = sources.Environment.Keys.Count(name => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase));
        if (variables > 0)
            draft.Found(string.Create(CultureInfo.InvariantCulture, $"{variables} from the environment"));
        if (sources.Overrides.Count > 0)
            draft.Found(string.Create(CultureInfo.InvariantCulture, $"{sources.Overrides.Count} from the command line"));
        return draft.End(string.Create(CultureInfo.InvariantCulture, $"starts as node {_loaded.Node.Id} of the cluster '{_loaded.Cluster.Name}'"));
    }
}

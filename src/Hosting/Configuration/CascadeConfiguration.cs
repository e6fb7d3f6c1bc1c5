using System.Collections;
using Cascade.Hosting.Configuration.Hocon;
using Cascade.Hosting.Slurm;

namespace Cascade.Hosting.Configuration;

/// <summary>Where a node's configuration comes from, beyond the defaults in the program.</summary>
public sealed record ConfigurationSources
{
    /// <summary>The HOCON file of <c>--config</c>; null for none. A file that is named must exist.</summary>
    public string? FilePath { get; init; }

    /// <summary>
    /// Environment variables, for <c>CASCADE__...</c> settings and for substitutions that no key defines; none by default.
    /// </summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The arguments of <c>--set</c>, each <c>path=value</c> in HOCON; later ones win.</summary>
    public IReadOnlyList<string> Overrides { get; init; } = [];

    /// <summary>Processors that "one per core" means.</summary>
    public int ProcessorCount { get; init; } = System.Environment.ProcessorCount;

    /// <summary>The variables of this process.</summary>
    public static IReadOnlyDictionary<string, string> ProcessEnvironment() => System.Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value ?? "");
}

/// <summary>The configuration in force: defaults under the file under the environment under the command line.</summary>
public sealed class CascadeConfiguration
{
    private CascadeConfiguration(CascadeOptions options, HoconObject values)
    {
        Options = options;
        Values = values;
    }

    /// <summary>The checked, typed view.</summary>
    public CascadeOptions Options { get; }

    internal HoconObject Values { get; }

    /// <summary>
    /// Reads, merges, resolves and checks all layers. Substitutions see the merged result, so a file can build on the
    /// defaults.
    /// </summary>
    /// <exception cref="ConfigurationException">All that is wrong: syntax, unknown keys, wrong types, values out of range.</exception>
    public static CascadeConfiguration Load(ConfigurationSources sources) => Load(sources, ReferenceSource.Read());

    internal static CascadeConfiguration Load(ConfigurationSources sources, SourceText reference)
    {
        var errors = new ConfigurationErrors();
        var known = new KnownKeys(HoconTree.Resolve([HoconTree.Parse(reference)], _ => null));
        HoconObject Resolve(IEnumerable<ObjectNode> layers) => HoconTree.Resolve(layers, name => sources.Environment.GetValueOrDefault(name));
        var layers = Layers(sources, reference, known, errors, out var isComplete);
        try
        {
            var values = Resolve(layers);

            // Whether SLURM's environment counts is itself a setting. Its layer lies below the others, which are used up by now and read again.
            if (SlurmLayer.Read(values, sources.Environment, errors) is { } slurm)
            {
                layers = Layers(sources, reference, known, new ConfigurationErrors(), out _);
                layers.Insert(1, slurm);
                values = Resolve(layers);
            }

            known.Check(values, errors);
            var options = CascadeOptions.Read(new OptionsReader(values, errors), sources.ProcessorCount);
            errors.ThrowIfAny();
            return new CascadeConfiguration(options, values);
        }
        catch (HoconException exception)
        {
            // A layer that could not be parsed may well have defined what is missing now.
            if (isComplete)
                errors.Add(exception);
        }
        errors.ThrowIfAny();
        throw new InvalidOperationException("A configuration that does not resolve must have an error.");
    }

    /// <summary>All layers but SLURM's, the weakest first; incomplete where one could not be parsed.</summary>
    private static List<ObjectNode> Layers(
        ConfigurationSources sources, SourceText reference, KnownKeys known, ConfigurationErrors errors, out bool isComplete)
    {
        List<ObjectNode> layers = [HoconTree.Parse(reference)];
        var complete = true;

        void AddLayer(Func<SourceText> read)
        {
            try
            {
                var layer = HoconTree.Parse(read());
                known.Check(layer, errors);
                layers.Add(layer);
            }
            catch (HoconException exception)
            {
                errors.Add(exception);
                complete = false;
            }
        }

        if (sources.FilePath is { } path)
            AddLayer(() => ReadFile(path));
        layers.Add(EnvironmentLayer.Read(sources.Environment, known, errors));
        foreach (var argument in sources.Overrides)
            AddLayer(() => new SourceText(OriginKind.CommandLine, $"--set {argument}", argument));
        isComplete = complete;
        return layers;
    }

    private static SourceText ReadFile(string path) =>
        HoconFile.TryRead(path, OriginKind.File, HoconLimits.Default)
        ?? throw new HoconException(new Origin(OriginKind.File, path, 1, 1), "the file does not exist; check --config.");
}

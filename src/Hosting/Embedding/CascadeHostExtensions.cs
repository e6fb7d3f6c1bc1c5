using Cascade.Hosting.Configuration;
using Cascade.Hosting.Node;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Cascade.Hosting;

/// <summary>How an embedding host starts its node.</summary>
public sealed class CascadeHostOptions
{
    /// <summary>A HOCON file above the defaults; null for none.</summary>
    public string? ConfigFile { get; set; }

    /// <summary>Settings above file and environment, as <c>path=value</c>; later ones win.</summary>
    public IList<string> Settings { get; } = [];

    /// <summary>Discard the arena that is there and start empty.</summary>
    public bool Reset { get; set; }

    /// <summary>Leave the arena in place at the stop, so that the next start serves its blocks again. True by default.</summary>
    public bool KeepArena { get; set; } = true;
}

/// <summary>Cascade on the generic host.</summary>
public static class CascadeHostExtensions
{
    /// <summary>
    /// Adds a node that starts and drains with the host. <see cref="ICascade"/> can be injected anywhere and serves from the host's start to
    /// its stop, so hosted services that use it in their own start are to be added after it. <see cref="CascadeActors"/> can be
    /// resolved only while the node runs.
    /// </summary>
    /// <exception cref="ConfigurationException">Everything that is wrong with the configuration.</exception>
    public static IHostApplicationBuilder AddCascade(this IHostApplicationBuilder builder, Action<CascadeHostOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var host = new CascadeHostOptions();
        configure?.Invoke(host);
        var configuration = CascadeConfiguration.Load(new ConfigurationSources
        {
            FilePath = host.ConfigFile,
            Environment = ConfigurationSources.ProcessEnvironment(),
            Overrides = [.. host.Settings],
        });
        builder.Services.AddSingleton(configuration.Options);
        builder.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<HostedNode>(services, host));
        builder.Services.AddSingleton<ICascade>(services => new HostedCascade(services.GetRequiredService<HostedNode>()));
        builder.Services.AddTransient(services => services.GetRequiredService<HostedNode>().Running.Actors);
        builder.Services.AddHostedService(services => services.GetRequiredService<HostedNode>());
        return builder;
    }
}

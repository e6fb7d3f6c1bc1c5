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

    /// <summary>How long a client waits at the host's start for the cluster to answer; null for a node, which founds one.</summary>
    internal TimeSpan? JoinWithin { get; set; }
}

/// <summary>How an embedding host that stores nothing joins its cluster.</summary>
public sealed class CascadeClientOptions
{
    /// <summary>A HOCON file above the defaults, such as that of the nodes; null for none.</summary>
    public string? ConfigFile { get; set; }

    /// <summary>
    /// Settings above file and environment, as <c>path=value</c>; later ones win. <c>cascade.tiers.shm.capacity</c> is what blocks of other machines are read into,
    /// 64 MiB unless it is set here. Number, ports and cold tier are the client's own, whatever is set.
    /// </summary>
    public IList<string> Settings { get; } = [];

    /// <summary>How long the host's start waits for the cluster to answer: more than 0. 10 s unless set.</summary>
    public TimeSpan JoinWithin { get; set; } = ClusterClient.JoinWithinDefault;
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
        return builder.Add(host, host.Settings);
    }

    /// <summary>
    /// Adds a client of a cluster: it stores nothing for others, joins with the host and leaves with it. Blocks of nodes on its machine are read in place. It finds
    /// the cluster by <c>cascade.remoting.seeds</c> or, where that is empty, by <c>cascade.cluster.directory</c> and the nodes of its machine.
    /// What can be injected is as with <see cref="AddCascade"/>.
    /// The host's start throws <see cref="NodeRefusedException"/> when no node answers in time.
    /// </summary>
    /// <exception cref="ConfigurationException">Everything that is wrong with the configuration.</exception>
    public static IHostApplicationBuilder AddCascadeClient(this IHostApplicationBuilder builder, Action<CascadeClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var client = new CascadeClientOptions();
        configure?.Invoke(client);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(client.JoinWithin, TimeSpan.Zero);
        var host = new CascadeHostOptions { ConfigFile = client.ConfigFile, KeepArena = false, JoinWithin = client.JoinWithin };
        return builder.Add(host, ClusterClient.SettingsWith(client.Settings));
    }

    private static IHostApplicationBuilder Add(this IHostApplicationBuilder builder, CascadeHostOptions host, IEnumerable<string> settings)
    {
        var configuration = CascadeConfiguration.Load(new ConfigurationSources
        {
            FilePath = host.ConfigFile,
            Environment = ConfigurationSources.ProcessEnvironment(),
            Overrides = [.. settings],
        });
        builder.Services.AddSingleton(configuration.Options);
        builder.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<HostedNode>(services, host));
        builder.Services.AddSingleton<ICascade>(services => new HostedCascade(services.GetRequiredService<HostedNode>()));
        builder.Services.AddTransient(services => services.GetRequiredService<HostedNode>().Running.Actors);
        builder.Services.AddHostedService(services => services.GetRequiredService<HostedNode>());
        return builder;
    }
}

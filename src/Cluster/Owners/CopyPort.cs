using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Identity;

namespace Cascade.Cluster.Owners;

/// <summary>The two actors of each node by which copies are told to owners' nodes.</summary>
public sealed class CopyPort
{
    /// <summary>What fills this node's directory of copies: a <see cref="CopyLoader"/>.</summary>
    public static readonly CopyPort Loader = new(CopyLoader.Path);

    /// <summary>What reports this node's copies: a <see cref="CopyReporter"/>.</summary>
    public static readonly CopyPort Reporter = new(CopyReporter.Path);

    private readonly string _path;

    private CopyPort(string path) => _path = path;

    /// <inheritdoc/>
    public override string ToString() => _path;

    /// <summary>The actor of a node; null when the node is not in the cluster.</summary>
    internal IActorRef? Of(NodeId node, NodeId self, Recipients recipients) =>
        node == self ? recipients[this] : recipients.Others?.Of(node, _path);
}

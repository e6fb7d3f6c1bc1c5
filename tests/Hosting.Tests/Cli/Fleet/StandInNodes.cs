using Cascade.Hosting.Cli.Fleet;

namespace Cascade.Hosting.Tests.Cli.Fleet;

/// <summary>Stand-ins for the node program: shell scripts that do what a fleet can meet.</summary>
internal static class StandInNodes
{
    /// <summary>Says its arguments, serves, and drains when its input ends.</summary>
    public const string Good = "echo \"arguments: $*\"; " + Serve + "while read -r line; do :; done; echo 'node: stopped' >&2";

    /// <summary>Serves, and never drains.</summary>
    public const string Deaf = Serve + "exec sleep 600";

    /// <summary>Never serves.</summary>
    public const string Silent = "exec sleep 600";

    /// <summary>Says that it serves.</summary>
    public const string Serve = "echo 'node: serving; and so on' >&2; ";

    /// <summary>Says that its port is taken and ends.</summary>
    public const string PortTaken = "echo 'cascade: The node cannot listen on 127.0.0.1:1: Address already in use. Set' >&2; exit 3; ";

    /// <summary>The first process of node 0 does one thing, all others serve and drain.</summary>
    /// <param name="marker">A path where no file is yet.</param>
    /// <param name="first">What the first does.</param>
    public static string FirstOf(string marker, string first) =>
        $"case \"$*\" in *node.id=0*) if [ ! -e '{marker}' ]; then : > '{marker}'; {first} fi;; esac; {Good}";

    public static FleetProgram Program(string script) => new("/bin/sh", ["-c", script, "stand-in"]);
}

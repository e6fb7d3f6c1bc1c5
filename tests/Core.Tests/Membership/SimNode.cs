using Cascade.Core.Membership;

namespace Cascade.Core.Tests.Membership;

/// <summary>One life of a node in a simulation.</summary>
internal sealed class SimNode(MembershipCore core, MembershipSettings settings)
{
    public MembershipCore Core { get; } = core;

    public MembershipSettings Settings { get; } = settings;

    public NodeAddress Address { get; } = core.Self.Address;

    /// <summary>False once its process has ended.</summary>
    public bool IsAlive { get; set; } = true;

    /// <summary>What it told its observers, in order.</summary>
    public List<object> Told { get; } = [];

    /// <summary>Messages to other nodes since the simulation was last asked to count.</summary>
    public int Sent { get; set; }

    /// <summary>Messages to other nodes, but for answers, in the second that <see cref="BurstSecond"/> tells.</summary>
    public int Burst { get; set; }

    /// <summary>The second of virtual time in which it sent last.</summary>
    public long BurstSecond { get; set; }

    /// <summary>Set while it is paused: what arrives meanwhile waits.</summary>
    public Queue<(NodeAddress From, object Message)>? Waiting { get; set; }

    /// <summary>The wake-up that counts; earlier ones are void.</summary>
    public TimeSpan Wake { get; set; } = TimeSpan.MaxValue;

    public override string ToString() => Core.Self.ToString();
}

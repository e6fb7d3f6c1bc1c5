namespace Cascade.Core.Wire;

/// <summary>
/// The number by which each message goes on the wire. A number is never given another meaning: that of a message that is no more stays unused, and a message
/// that has to change in a way that older nodes cannot read gets a new one.
/// </summary>
public static class WireNumbers
{
    /// <summary>No message.</summary>
    public const uint None = 0;

    /// <summary>No number is greater.</summary>
    public const uint Last = 1199;

    // Replies to many requests: 1 to 99.
    /// <summary><see cref="Messages.NotFound"/>.</summary>
    public const uint NotFound = 1;
    /// <summary><see cref="Messages.Busy"/>.</summary>
    public const uint Busy = 2;
    /// <summary><see cref="Messages.Unavailable"/>.</summary>
    public const uint Unavailable = 3;
    /// <summary><see cref="Messages.Refused"/>.</summary>
    public const uint Refused = 4;
    /// <summary><see cref="Messages.Moved"/>.</summary>
    public const uint Moved = 5;

    // Owner of a block: 100 to 199.
    /// <summary><see cref="Messages.Begin"/>.</summary>
    public const uint Begin = 100;
    /// <summary><see cref="Messages.BeginGranted"/>.</summary>
    public const uint BeginGranted = 101;
    /// <summary><see cref="Messages.AlreadyPresent"/>.</summary>
    public const uint AlreadyPresent = 102;
    /// <summary><see cref="Messages.Commit"/>.</summary>
    public const uint Commit = 103;
    /// <summary><see cref="Messages.Committed"/>.</summary>
    public const uint Committed = 104;
    /// <summary><see cref="Messages.Abort"/>.</summary>
    public const uint Abort = 105;
    /// <summary><see cref="Messages.Locate"/>.</summary>
    public const uint Locate = 106;
    /// <summary><see cref="Messages.Located"/>.</summary>
    public const uint Located = 107;
    /// <summary><see cref="Messages.Release"/>.</summary>
    public const uint Release = 108;
    /// <summary><see cref="Messages.AddCopy"/>.</summary>
    public const uint AddCopy = 109;
    /// <summary><see cref="Messages.RemoveCopy"/>.</summary>
    public const uint RemoveCopy = 110;
    /// <summary><see cref="Messages.Evict"/>.</summary>
    public const uint Evict = 111;
    /// <summary><see cref="Messages.EvictGranted"/>.</summary>
    public const uint EvictGranted = 112;
    /// <summary><see cref="Messages.EvictRefused"/>.</summary>
    public const uint EvictRefused = 113;
    /// <summary><see cref="Messages.Demote"/>.</summary>
    public const uint Demote = 114;
    /// <summary><see cref="Messages.Promote"/>.</summary>
    public const uint Promote = 115;
    /// <summary><see cref="Messages.Promoting"/>.</summary>
    public const uint Promoting = 116;
    /// <summary><see cref="Messages.Pull"/>.</summary>
    public const uint Pull = 117;
    /// <summary><see cref="Messages.Protect"/>.</summary>
    public const uint Protect = 118;
    /// <summary><see cref="Messages.Unprotect"/>.</summary>
    public const uint Unprotect = 119;
    /// <summary><see cref="Messages.ProtectDone"/>.</summary>
    public const uint ProtectDone = 120;
    /// <summary><see cref="Messages.Delete"/>.</summary>
    public const uint Delete = 121;
    /// <summary><see cref="Messages.Deleted"/>.</summary>
    public const uint Deleted = 122;
    /// <summary><see cref="Messages.Drop"/>.</summary>
    public const uint Drop = 123;
    /// <summary><see cref="Messages.Describe"/>.</summary>
    public const uint Describe = 124;
    /// <summary><see cref="Messages.BlockDescription"/>.</summary>
    public const uint BlockDescription = 125;

    // Key index: 200 to 299.
    /// <summary><see cref="Messages.Bind"/>.</summary>
    public const uint Bind = 200;
    /// <summary><see cref="Messages.Bound"/>.</summary>
    public const uint Bound = 201;
    /// <summary><see cref="Messages.Lookup"/>.</summary>
    public const uint Lookup = 202;
    /// <summary><see cref="Messages.Found"/>.</summary>
    public const uint Found = 203;
    /// <summary><see cref="Messages.Unbind"/>.</summary>
    public const uint Unbind = 204;
    /// <summary><see cref="Messages.Forget"/>.</summary>
    public const uint Forget = 205;
    /// <summary><see cref="Messages.KeyReplicate"/>.</summary>
    public const uint KeyReplicate = 206;
    /// <summary><see cref="Messages.KeyForget"/>.</summary>
    public const uint KeyForget = 207;
    /// <summary><see cref="Messages.WhoHoldsKeys"/>.</summary>
    public const uint WhoHoldsKeys = 208;
    /// <summary><see cref="Messages.KeysHeld"/>.</summary>
    public const uint KeysHeld = 209;
    /// <summary><see cref="Messages.FetchKeys"/>.</summary>
    public const uint FetchKeys = 210;
    /// <summary><see cref="Messages.KeyPage"/>.</summary>
    public const uint KeyPage = 211;
    /// <summary><see cref="Messages.KeysDigest"/>.</summary>
    public const uint KeysDigest = 212;
    /// <summary><see cref="Messages.KeysAgree"/>.</summary>
    public const uint KeysAgree = 213;
    /// <summary><see cref="Messages.KeysOffered"/>.</summary>
    public const uint KeysOffered = 214;
    /// <summary><see cref="Messages.KeysSettled"/>.</summary>
    public const uint KeysSettled = 215;
    /// <summary><see cref="Messages.AnnounceKeys"/>.</summary>
    public const uint AnnounceKeys = 216;
    /// <summary><see cref="Messages.KeysAnnounced"/>.</summary>
    public const uint KeysAnnounced = 217;

    // Memory tier: 300 to 399.
    /// <summary><see cref="Messages.BindAlias"/>.</summary>
    public const uint BindAlias = 300;
    /// <summary><see cref="Messages.AliasBound"/>.</summary>
    public const uint AliasBound = 301;
    /// <summary><see cref="Messages.ReleaseKey"/>.</summary>
    public const uint ReleaseKey = 302;
    /// <summary><see cref="Messages.KeyReleased"/>.</summary>
    public const uint KeyReleased = 303;
    /// <summary><see cref="Messages.MakeDurable"/>.</summary>
    public const uint MakeDurable = 304;
    /// <summary><see cref="Messages.MadeDurable"/>.</summary>
    public const uint MadeDurable = 305;
    /// <summary><see cref="Messages.ReportCorrupt"/>.</summary>
    public const uint ReportCorrupt = 306;
    /// <summary><see cref="Messages.ReportTier"/>.</summary>
    public const uint ReportTier = 307;
    /// <summary><see cref="Messages.TierReport"/>.</summary>
    public const uint TierReport = 308;

    // Cold tier: 400 to 499.
    /// <summary><see cref="Cold.ColdBind"/>.</summary>
    public const uint ColdBind = 400;
    /// <summary><see cref="Cold.ColdUnbind"/>.</summary>
    public const uint ColdUnbind = 401;
    /// <summary><see cref="Cold.ColdDrop"/>.</summary>
    public const uint ColdDrop = 402;
    /// <summary><see cref="Cold.ColdStored"/>.</summary>
    public const uint ColdStored = 403;
    /// <summary><see cref="Cold.ColdRemoved"/>.</summary>
    public const uint ColdRemoved = 404;
    /// <summary><see cref="Cold.LeaseRecord"/>.</summary>
    public const uint LeaseRecord = 405;
    /// <summary><see cref="Cold.RecordLeased"/>.</summary>
    public const uint RecordLeased = 406;
    /// <summary><see cref="Cold.ReleaseRecord"/>.</summary>
    public const uint ReleaseRecord = 407;

    // Prefix registry: 500 to 599.
    /// <summary><see cref="Messages.Register"/>.</summary>
    public const uint Register = 500;
    /// <summary><see cref="Messages.Unregister"/>.</summary>
    public const uint Unregister = 501;
    /// <summary><see cref="Messages.Registered"/>.</summary>
    public const uint Registered = 502;
    /// <summary><see cref="Messages.QuotaExceeded"/>.</summary>
    public const uint QuotaExceeded = 503;
    /// <summary><see cref="Messages.RegistryPart"/>.</summary>
    public const uint RegistryPart = 504;
    /// <summary><see cref="Messages.RegistryTaken"/>.</summary>
    public const uint RegistryTaken = 505;
    /// <summary><see cref="Messages.RegistryQuery"/>.</summary>
    public const uint RegistryQuery = 506;
    /// <summary><see cref="Messages.RegistryStatePart"/>.</summary>
    public const uint RegistryStatePart = 507;
    /// <summary><see cref="Messages.RegistryDigest"/>.</summary>
    public const uint RegistryDigest = 508;

    // Access tracker: 600 to 699.
    /// <summary><see cref="Messages.EstimateFrequency"/>.</summary>
    public const uint EstimateFrequency = 600;
    /// <summary><see cref="Messages.FrequencyEstimate"/>.</summary>
    public const uint FrequencyEstimate = 601;

    // Membership: 700 to 799.
    /// <summary><see cref="Membership.Ping"/>.</summary>
    public const uint Ping = 700;
    /// <summary><see cref="Membership.PingRequest"/>.</summary>
    public const uint PingRequest = 701;
    /// <summary><see cref="Membership.Ack"/>.</summary>
    public const uint Ack = 702;
    /// <summary><see cref="Membership.Nack"/>.</summary>
    public const uint Nack = 703;
    /// <summary><see cref="Membership.Gossip"/>.</summary>
    public const uint Gossip = 704;
    /// <summary><see cref="Membership.Sync"/>.</summary>
    public const uint Sync = 705;
    /// <summary><see cref="Membership.SyncReply"/>.</summary>
    public const uint SyncReply = 706;
    /// <summary><see cref="Membership.SyncRefused"/>.</summary>
    public const uint SyncRefused = 707;

    // Copies held and believed: 800 to 849.
    /// <summary><see cref="Messages.ListHoldings"/>.</summary>
    public const uint ListHoldings = 800;
    /// <summary><see cref="Messages.Holdings"/>.</summary>
    public const uint Holdings = 801;
    /// <summary><see cref="Messages.HoldingsDigest"/>.</summary>
    public const uint HoldingsDigest = 802;
    /// <summary><see cref="Messages.Believed"/>.</summary>
    public const uint Believed = 803;
    // Remote tier: 900 to 949.
    /// <summary><see cref="Messages.LeaseCopy"/>.</summary>
    public const uint LeaseCopy = 900;
    /// <summary><see cref="Messages.CopyLeased"/>.</summary>
    public const uint CopyLeased = 901;
    /// <summary><see cref="Messages.RenewCopy"/>.</summary>
    public const uint RenewCopy = 902;
    /// <summary><see cref="Messages.ReleaseCopy"/>.</summary>
    public const uint ReleaseCopy = 903;
    /// <summary><see cref="Messages.Replicate"/>.</summary>
    public const uint Replicate = 904;
    /// <summary><see cref="Messages.Replicated"/>.</summary>
    public const uint Replicated = 905;

    // A node as a whole: 950 to 959.
    /// <summary><see cref="Messages.DrainNode"/>.</summary>
    public const uint DrainNode = 950;
    /// <summary><see cref="Messages.Draining"/>.</summary>
    public const uint Draining = 951;
}

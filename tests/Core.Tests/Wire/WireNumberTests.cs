using System.Reflection;
using Cascade.Core.Cold;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Registry;
using Cascade.Core.Wire;

namespace Cascade.Core.Tests.Wire;

public sealed class WireNumberTests
{
    // Nodes of different versions talk by these: a number here is never changed, and one that is taken out is never given to another message.
    private static readonly (uint Number, Type Type)[] Pinned =
    [
        (1, typeof(NotFound)), (2, typeof(Busy)), (3, typeof(Unavailable)), (4, typeof(Refused)), (5, typeof(Moved)), (100, typeof(Begin)), (101, typeof(BeginGranted)),
        (102, typeof(AlreadyPresent)), (103, typeof(Commit)), (104, typeof(Committed)), (105, typeof(Abort)), (106, typeof(Locate)), (107, typeof(Located)),
        (108, typeof(Release)), (109, typeof(AddCopy)), (110, typeof(RemoveCopy)), (111, typeof(Evict)), (112, typeof(EvictGranted)), (113, typeof(EvictRefused)),
        (114, typeof(Demote)), (115, typeof(Promote)), (116, typeof(Promoting)), (117, typeof(Pull)), (118, typeof(Protect)), (119, typeof(Unprotect)),
        (120, typeof(ProtectDone)), (121, typeof(Delete)), (122, typeof(Deleted)), (123, typeof(Drop)), (124, typeof(Describe)), (125, typeof(BlockDescription)),
        (200, typeof(Bind)), (201, typeof(Bound)), (202, typeof(Lookup)), (203, typeof(Found)), (204, typeof(Unbind)), (205, typeof(Forget)), (206, typeof(KeyReplicate)), (207, typeof(KeyForget)), (208, typeof(WhoHoldsKeys)), (209, typeof(KeysHeld)), (210, typeof(FetchKeys)), (211, typeof(KeyPage)),
        (212, typeof(KeysDigest)), (213, typeof(KeysAgree)), (214, typeof(KeysOffered)), (215, typeof(KeysSettled)), (216, typeof(AnnounceKeys)), (217, typeof(KeysAnnounced)),
        (300, typeof(BindAlias)),
        (301, typeof(AliasBound)), (302, typeof(ReleaseKey)), (303, typeof(KeyReleased)), (304, typeof(MakeDurable)), (305, typeof(MadeDurable)),
        (306, typeof(ReportCorrupt)), (307, typeof(ReportTier)), (308, typeof(TierReport)), (400, typeof(ColdBind)), (401, typeof(ColdUnbind)),
        (402, typeof(ColdDrop)), (403, typeof(ColdStored)), (404, typeof(ColdRemoved)), (405, typeof(LeaseRecord)), (406, typeof(RecordLeased)), (407, typeof(ReleaseRecord)),
        (500, typeof(Register)), (501, typeof(Unregister)), (502, typeof(Registered)),
        (503, typeof(QuotaExceeded)), (504, typeof(RegistryPart)), (505, typeof(RegistryTaken)), (506, typeof(RegistryQuery)),
        (507, typeof(RegistryStatePart)), (508, typeof(RegistryDigest)), (600, typeof(EstimateFrequency)), (601, typeof(FrequencyEstimate)), (700, typeof(Ping)),
        (701, typeof(PingRequest)), (702, typeof(Ack)), (703, typeof(Nack)), (704, typeof(Gossip)), (705, typeof(Sync)), (706, typeof(SyncReply)),
        (707, typeof(SyncRefused)),
        (800, typeof(ListHoldings)), (801, typeof(Holdings)), (802, typeof(HoldingsDigest)), (803, typeof(Believed)),
        (900, typeof(LeaseCopy)), (901, typeof(CopyLeased)), (902, typeof(RenewCopy)), (903, typeof(ReleaseCopy)), (904, typeof(Replicate)), (905, typeof(Replicated)),
        (950, typeof(DrainNode)), (951, typeof(Draining)),
    ];

    // They name room in an arena that only the tier's own process may write, or a place in the queue for it.
    private static readonly Type[] ForTheTiersOwnProcess =
        [typeof(Reserve), typeof(Withdraw), typeof(Reserved), typeof(Publish), typeof(Published), typeof(Cancel), typeof(EndPassing)];

    // They carry memory of the process, or are about such.
    private static readonly Type[] AboutMemory =
    [
        typeof(ColdPut), typeof(NotAdmitted), typeof(ColdFetch), typeof(ColdFetched), typeof(MemoryReleased), typeof(RoomNeeded), typeof(RoomGiven), typeof(RoomDenied),
        typeof(RoomFilled), typeof(RoomReturned), typeof(ReadAheadProposed), typeof(MemoryLost), typeof(MakeNoRoom),
    ];

    // They are for who runs the cores of a node.
    private static readonly Type[] ForTheNodeItself =
    [
        typeof(ColdReady), typeof(ColdSettle), typeof(ColdSettled), typeof(MemberChanged), typeof(SeedsSilent), typeof(JoinRefused), typeof(Overruled),
        typeof(SubscribeToCluster), typeof(LoadShards), typeof(ShardsLoaded), typeof(ShardsLost),
        typeof(ReportHoldings), typeof(TallyHoldings), typeof(CompareWith), typeof(NodeGone),
    ];

    // Settings, figures and parts of messages.
    private static readonly Type[] NoMessages =
    [
        typeof(MembershipMessage), typeof(MembershipSettings), typeof(MembershipView), typeof(Member), typeof(NodeAddress), typeof(RegistrySettings),
        typeof(ColdSettings), typeof(HeldBlock), typeof(ShardTally),
    ];

    // Between a cold store and its device, all that derive from these.
    private static readonly Type[] WithinTheColdTier = [typeof(DeviceRequest), typeof(DeviceCompletion)];

    [Fact]
    public void Numbers_are_those_that_were_given()
    {
        Assert.Equal(Pinned.OrderBy(static pin => pin.Number), WireTable.Types.Select(static type => (type.Key, type.Value)).OrderBy(static pin => pin.Key));
        var constants = typeof(WireNumbers).GetFields().ToDictionary(static field => field.Name, static field => (uint)field.GetRawConstantValue()!);
        Assert.Equal(constants.Count, constants.Values.Distinct().Count());
        foreach (var (number, type) in Pinned)
            Assert.Equal(number, constants[type.Name]);
        Assert.Equal(Pinned.Length + 2, constants.Count);
    }

    [Fact]
    public void Each_message_either_has_a_number_or_stays_within_its_node()
    {
        Type[] local = [.. ForTheTiersOwnProcess, .. AboutMemory, .. ForTheNodeItself, .. NoMessages];
        string?[] spaces = [typeof(Bind).Namespace, typeof(ColdPut).Namespace, typeof(Ping).Namespace, typeof(RegistryEntry).Namespace];
        var records = typeof(Bind).Assembly.GetTypes().Where(type => type.IsPublic && spaces.Contains(type.Namespace) && MayBeMessage(type)).ToList();

        Assert.Empty(local.Intersect(WireTable.Types.Values));
        Assert.Equal(local.Length, local.Distinct().Count());
        var unknown = records.Except(local).Except(WireTable.Types.Values).Select(static type => $"{type} is new: give it a number in WireNumbers, or name it here");
        Assert.Empty(unknown);
        Assert.Empty(local.Concat(WireTable.Types.Values).Except(records));
    }

    [Fact]
    public void Message_without_a_number_is_not_written()
    {
        Assert.Contains("within a node", WireHarness.NotWritten(new Withdraw(1)), StringComparison.Ordinal);
        Assert.Contains("within a node", WireHarness.NotWritten("text"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(WireNumbers.None)]
    [InlineData(WireNumbers.Last)]
    [InlineData(WireNumbers.Last + 1)]
    [InlineData(99)]
    [InlineData(uint.MaxValue)]
    public void Number_that_was_never_given_is_not_read(uint number)
    {
        Assert.False(WireTable.Types.ContainsKey(number));
        Assert.Contains("newer version", WireHarness.NotRead(number, []), StringComparison.Ordinal);
    }

    // Of records that are structs only those among the contracts may be messages; elsewhere they are parts of such.
    private static bool MayBeMessage(Type type) =>
        (type.IsClass || type.Namespace == typeof(Bind).Namespace)
        && type.GetMethod("PrintMembers", BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly) is not null
        && !WithinTheColdTier.Any(family => family.IsAssignableFrom(type));
}

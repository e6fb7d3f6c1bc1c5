using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Ownership;
using static Cascade.Core.Tests.Ownership.OwnerTranscript;

namespace Cascade.Core.Tests.Ownership;

public class BlockOwnerScenarioTests
{
    private static readonly OwnerSettings MemoryOnly = new() { FillTimeout = TimeSpan.FromSeconds(10), MaxWaiters = 2 };
    private static readonly OwnerSettings WithCold = MemoryOnly with { HasColdTier = true };

    [Fact]
    public void Put_then_get_is_leased_and_released() => new OwnerTranscript(MemoryOnly)
        .At(0, "reader", Locate(2, 5))
        .At(1, "writer", Begin(1))
        .At(1, "reader", Locate(2, 5))
        .At(2, "writer", Commit(1, Shm(1)))
        .At(3, "reader", Locate(2, 5))
        .At(4, "asker", new Describe(Block))
        .At(5, "reader", Release(2))
        .At(5, "reader", Release(2))
        .At(6, "asker", new Describe(Block))
        .Reads("""
            0s reader -> Locate node2 for 5s
               <- reader NotFound
            1s writer -> Begin node1 wait 0s
               <- writer BeginGranted #1
            1s reader -> Locate node2 for 5s
               <- reader NotFound
            2s writer -> Commit #1 node1.Shm/0.2
               <- writer Committed
            3s reader -> Locate node2 for 5s
               <- reader Located node1.Shm/0.2 lease #2 for 5s
            4s asker -> Describe
               <- asker Resident [node1.Shm/0.2] leases 1 keys 0
            5s reader -> Release #2
            5s reader -> Release #2
            6s asker -> Describe
               <- asker Resident [node1.Shm/0.2] leases 0 keys 0
            """);

    [Fact]
    public void Second_writer_waits_for_the_first_and_moves_no_bytes() => new OwnerTranscript(MemoryOnly)
        .At(0, "w1", Begin(1))
        .At(0, "w2", Begin(2, wait: 9))
        .At(0, "w3", Begin(3, wait: 1))
        .At(0, "w4", Begin(4, wait: 9))
        .At(0, "w5", Begin(5))
        .Tick(1)
        .At(2, "w1", Commit(1, Shm(1)))
        .At(2, "w1", Commit(1, Shm(1)))
        .At(3, "w6", Begin(6))
        .Reads("""
            0s w1 -> Begin node1 wait 0s
               <- w1 BeginGranted #1
            0s w2 -> Begin node2 wait 9s
            0s w3 -> Begin node3 wait 1s
            0s w4 -> Begin node4 wait 9s
               <- w4 Busy
            0s w5 -> Begin node5 wait 0s
               <- w5 Busy
            1s tick
               <- w3 Busy
            2s w1 -> Commit #1 node1.Shm/0.2
               <- w1 Committed
               <- w2 AlreadyPresent node1.Shm/0.2
            2s w1 -> Commit #1 node1.Shm/0.2
               <- w1 Committed
            3s w6 -> Begin node6 wait 0s
               <- w6 AlreadyPresent node1.Shm/0.2
            """);

    [Fact]
    public void Dead_writer_loses_its_grant_to_the_next_one() => new OwnerTranscript(MemoryOnly)
        .At(0, "w1", Begin(1))
        .At(1, "w2", Begin(2, wait: 60))
        .At(1, "w3", Begin(3, wait: 60))
        .Tick(10)
        .At(11, "w1", Commit(1, Shm(1)))
        .At(12, "w2", new Abort(Block, 2))
        .At(13, "w3", Commit(3, Shm(3)))
        .Reads("""
            0s w1 -> Begin node1 wait 0s
               <- w1 BeginGranted #1
            1s w2 -> Begin node2 wait 60s
            1s w3 -> Begin node3 wait 60s
            10s tick
               <- w2 BeginGranted #2
            11s w1 -> Commit #1 node1.Shm/0.2
               <- w1 Refused
            12s w2 -> Abort #2
               <- w3 BeginGranted #3
            13s w3 -> Commit #3 node3.Shm/0.2
               <- w3 Committed
            """);

    [Fact]
    public void Reader_gets_the_copy_that_is_nearest_to_its_shared_memory() => new OwnerTranscript(MemoryOnly, ColdCopy(1), Gpu(2), Shm(2), Shm(3))
        .At(0, "r2", Locate(2, 9))
        .At(0, "r3", Locate(3, 9))
        .At(0, "r4", Locate(4, 9))
        .At(1, "t", new RemoveCopy(Block, Shm(2)))
        .At(1, "r2", Locate(2, 9))
        .At(2, "t", new RemoveCopy(Block, Shm(3)))
        .At(2, "r4", Locate(4, 9))
        .At(3, "t", new RemoveCopy(Block, Gpu(2)))
        .At(3, "r2", Locate(2, 9))
        .Reads("""
            0s r2 -> Locate node2 for 9s
               <- r2 Located node2.Shm/0.2 lease #1 for 9s
            0s r3 -> Locate node3 for 9s
               <- r3 Located node3.Shm/0.2 lease #2 for 9s
            0s r4 -> Locate node4 for 9s
               <- r4 Located node2.Shm/0.2 lease #3 for 9s
            1s t -> RemoveCopy node2.Shm/0.2
            1s r2 -> Locate node2 for 9s
               <- r2 Located node2.Gpu/0.2 lease #4 for 9s
            2s t -> RemoveCopy node3.Shm/0.2
            2s r4 -> Locate node4 for 9s
               <- r4 Located node2.Gpu/0.2 lease #5 for 9s
            3s t -> RemoveCopy node2.Gpu/0.2
            3s r2 -> Locate node2 for 9s
               <- r2 Located node1.Cold/0.2 lease #6 for 9s
            """);

    [Fact]
    public void Last_copy_on_a_device_goes_to_shared_memory_and_one_of_several_goes_at_once() => new OwnerTranscript(MemoryOnly, Gpu(1))
        .At(0, "tier", new Evict(Block, Gpu(1)))
        .At(1, "shm", new AddCopy(Block, Shm(1)))
        .At(2, "tier", new Evict(Block, Gpu(1)))
        .Reads("""
            0s tier -> Evict node1.Gpu/0.2
               <- tier Demote node1.Gpu/0.2 to Shm
            1s shm -> AddCopy node1.Shm/0.2
            2s tier -> Evict node1.Gpu/0.2
               <- tier EvictGranted node1.Gpu/0.2
            """);

    [Fact]
    public void Copy_on_a_device_stands_for_no_copy_of_a_protected_block_in_shared_memory() => new OwnerTranscript(MemoryOnly, Gpu(1), Shm(1))
        .At(0, "registry", new Protect(Block, Key(1)))
        .At(1, "tier", new Evict(Block, Shm(1)))
        .At(2, "gpu", new Evict(Block, Gpu(1)))
        .Reads("""
            0s registry -> Protect
               <- registry ProtectDone 1
            1s tier -> Evict node1.Shm/0.2
               <- tier EvictRefused node1.Shm/0.2 Protected
            2s gpu -> Evict node1.Gpu/0.2
               <- gpu EvictGranted node1.Gpu/0.2
            """);

    [Fact]
    public void Last_copy_is_demoted_before_memory_gives_it_up() => new OwnerTranscript(WithCold, Shm(1))
        .At(0, "tier", new Evict(Block, Shm(1)))
        .At(1, "tier", new Evict(Block, Shm(1)))
        .At(2, "cold", new AddCopy(Block, ColdCopy(1)))
        .At(3, "tier", new Evict(Block, Shm(1)))
        .At(3, "tier", new Evict(Block, Shm(1)))
        .At(4, "cold", new Evict(Block, ColdCopy(1)))
        .At(5, "asker", new Describe(Block))
        .Reads("""
            0s tier -> Evict node1.Shm/0.2
               <- tier Demote node1.Shm/0.2 to Cold
            1s tier -> Evict node1.Shm/0.2
               <- tier EvictRefused node1.Shm/0.2 Busy
            2s cold -> AddCopy node1.Cold/0.2
            3s tier -> Evict node1.Shm/0.2
               <- tier EvictGranted node1.Shm/0.2
            3s tier -> Evict node1.Shm/0.2
               <- tier EvictGranted node1.Shm/0.2
            4s cold -> Evict node1.Cold/0.2
               <- cold EvictGranted node1.Cold/0.2 last
            5s asker -> Describe
               <- asker Absent [] leases 0 keys 0
            """);

    [Fact]
    public void Demotion_that_never_comes_back_is_asked_for_again() => new OwnerTranscript(WithCold, Shm(1))
        .At(0, "tier", new Evict(Block, Shm(1)))
        .At(60, "tier", new Evict(Block, Shm(1)))
        .Reads("""
            0s tier -> Evict node1.Shm/0.2
               <- tier Demote node1.Shm/0.2 to Cold
            60s tier -> Evict node1.Shm/0.2
               <- tier Demote node1.Shm/0.2 to Cold
            """);

    [Fact]
    public void Leased_and_protected_copies_stay() => new OwnerTranscript(MemoryOnly, Shm(1), Shm(2))
        .At(0, "r", Locate(1, 5))
        .At(0, "t1", new Evict(Block, Shm(1)))
        .At(1, "registry", new Protect(Block, Key(1)))
        .At(1, "registry", new Protect(Block, Key(1)))
        .At(2, "t2", new Evict(Block, Shm(2)))
        .At(5, "t1", new Evict(Block, Shm(1)))
        .At(6, "registry", new Unprotect(Block, Key(1)))
        .At(6, "t1", new Evict(Block, Shm(1)))
        .At(7, "t1", new AddCopy(Block, Shm(1)))
        .At(7, "r", Locate(1, 5))
        .Reads("""
            0s r -> Locate node1 for 5s
               <- r Located node1.Shm/0.2 lease #1 for 5s
            0s t1 -> Evict node1.Shm/0.2
               <- t1 EvictRefused node1.Shm/0.2 Leased
            1s registry -> Protect
               <- registry ProtectDone 1
            1s registry -> Protect
               <- registry ProtectDone 1
            2s t2 -> Evict node2.Shm/0.2
               <- t2 EvictGranted node2.Shm/0.2
            5s t1 -> Evict node1.Shm/0.2
               <- t1 EvictRefused node1.Shm/0.2 Protected
            6s registry -> Unprotect
               <- registry ProtectDone 0
            6s t1 -> Evict node1.Shm/0.2
               <- t1 EvictGranted node1.Shm/0.2 last
            7s t1 -> AddCopy node1.Shm/0.2
            7s r -> Locate node1 for 5s
               <- r Located node1.Shm/0.2 lease #2 for 5s
            """);

    [Fact]
    public void Promotion_pulls_once_a_target_and_holds_its_source() => new OwnerTranscript(MemoryOnly, Shm(1))
        .At(0, "tracker", PromoteTo(2, TierKind.Shm))
        .At(1, "tracker", PromoteTo(2, TierKind.Shm))
        .At(1, "t1", new Evict(Block, Shm(1)))
        .At(2, "t2", new AddCopy(Block, Shm(2)))
        .At(2, "t2", Release(1))
        .At(3, "tracker", PromoteTo(2, TierKind.Shm))
        .At(4, "t1", new Evict(Block, Shm(1)))
        .At(5, "tracker", PromoteTo(3, TierKind.Gpu))
        .At(40, "tracker", PromoteTo(3, TierKind.Gpu))
        .Reads("""
            0s tracker -> Promote to node2.Shm
               <- node2.Shm Pull from node1.Shm/0.2 lease #1 for 30s
               <- tracker Promoting to node2.Shm
            1s tracker -> Promote to node2.Shm
               <- tracker Promoting to node2.Shm
            1s t1 -> Evict node1.Shm/0.2
               <- t1 EvictRefused node1.Shm/0.2 Busy
            2s t2 -> AddCopy node2.Shm/0.2
            2s t2 -> Release #1
            3s tracker -> Promote to node2.Shm
               <- tracker AlreadyPresent node2.Shm/0.2
            4s t1 -> Evict node1.Shm/0.2
               <- t1 EvictGranted node1.Shm/0.2
            5s tracker -> Promote to node3.Gpu
               <- node3.Gpu Pull from node2.Shm/0.2 lease #2 for 30s
               <- tracker Promoting to node3.Gpu
            40s tracker -> Promote to node3.Gpu
               <- node3.Gpu Pull from node2.Shm/0.2 lease #3 for 30s
               <- tracker Promoting to node3.Gpu
            """);

    [Fact]
    public void Copy_that_a_fill_is_about_to_commit_is_not_given_up() => new OwnerTranscript(MemoryOnly)
        .At(0, "w", Begin(1))
        .At(1, "t1", new Evict(Block, Shm(1)))
        .At(2, "w", Commit(1, Shm(1)))
        .Reads("""
            0s w -> Begin node1 wait 0s
               <- w BeginGranted #1
            1s t1 -> Evict node1.Shm/0.2
               <- t1 EvictRefused node1.Shm/0.2 Busy
            2s w -> Commit #1 node1.Shm/0.2
               <- w Committed
            """);

    [Fact]
    public void Copy_announced_while_a_fill_is_about_to_commit_it_is_not_given_up_either() => new OwnerTranscript(MemoryOnly)
        .At(0, "w", Begin(1))
        .At(1, "t1", new AddCopy(Block, Shm(1)))
        .At(2, "t1", new Evict(Block, Shm(1)))
        .At(3, "w", Commit(1, Shm(1)))
        .At(4, "t1", new Evict(Block, Shm(1)))
        .Reads("""
            0s w -> Begin node1 wait 0s
               <- w BeginGranted #1
            1s t1 -> AddCopy node1.Shm/0.2
            2s t1 -> Evict node1.Shm/0.2
               <- t1 EvictRefused node1.Shm/0.2 Busy
            3s w -> Commit #1 node1.Shm/0.2
               <- w Committed
            4s t1 -> Evict node1.Shm/0.2
               <- t1 EvictGranted node1.Shm/0.2 last
            """);
}

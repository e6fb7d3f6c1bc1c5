using Cascade.Core.Messages;
using Cascade.Core.Ownership;
using static Cascade.Core.Tests.Ownership.OwnerTranscript;

namespace Cascade.Core.Tests.Ownership;

/// <summary>A block with a copy in files: what its owner tells writers, readers and the tiers.</summary>
public class BlockOwnerColdTierTests
{
    private static readonly OwnerSettings WithCold = new() { HasColdTier = true, FillTimeout = TimeSpan.FromSeconds(10) };

    [Fact]
    public void Copy_that_could_not_be_demoted_is_let_go_though_it_is_the_last() => new OwnerTranscript(WithCold, Shm(1))
        .At(0, "tier", new Evict(Block, Shm(1)))
        .At(1, "tier", new Evict(Block, Shm(1), Discard: true))
        .Reads("""
            0s tier -> Evict node1.Shm/0.2
               <- tier Demote node1.Shm/0.2 to Cold
            1s tier -> Evict node1.Shm/0.2 discard
               <- tier EvictGranted node1.Shm/0.2 last
            """);

    [Fact]
    public void Copy_that_is_not_worth_a_demotion_is_let_go_at_once_unless_something_holds_it() => new OwnerTranscript(WithCold, Shm(1))
        .At(0, "r", Locate(1, 5))
        .At(1, "tier", new Evict(Block, Shm(1), Discard: true))
        .At(6, "registry", new Protect(Block, Key(1)))
        .At(6, "tier", new Evict(Block, Shm(1), Discard: true))
        .At(7, "registry", new Unprotect(Block, Key(1)))
        .At(7, "tier", new Evict(Block, Shm(1), Discard: true))
        .Reads("""
            0s r -> Locate node1 for 5s
               <- r Located node1.Shm/0.2 lease #1 for 5s
            1s tier -> Evict node1.Shm/0.2 discard
               <- tier EvictRefused node1.Shm/0.2 Leased
            6s registry -> Protect
               <- registry ProtectDone 1
            6s tier -> Evict node1.Shm/0.2 discard
               <- tier EvictRefused node1.Shm/0.2 Protected
            7s registry -> Unprotect
               <- registry ProtectDone 0
            7s tier -> Evict node1.Shm/0.2 discard
               <- tier EvictGranted node1.Shm/0.2 last
            """);

    [Fact]
    public void Block_that_the_cold_tier_gave_up_is_demoted_anew() => new OwnerTranscript(WithCold, Shm(1))
        .At(0, "tier", new Evict(Block, Shm(1)))
        .At(1, "cold", new AddCopy(Block, ColdCopy(1)))
        .At(2, "cold", Remove(ColdCopy(1), 5))
        .At(3, "tier", new Evict(Block, Shm(1)))
        .At(4, "cold", new AddCopy(Block, ColdCopy(1, 0, 4)))
        .At(5, "tier", new Evict(Block, Shm(1)))
        .Reads("""
            0s tier -> Evict node1.Shm/0.2
               <- tier Demote node1.Shm/0.2 to Cold
            1s cold -> AddCopy node1.Cold/0.2
            2s cold -> RemoveCopy node1.Cold/0.2 key 5
            3s tier -> Evict node1.Shm/0.2
               <- tier Demote node1.Shm/0.2 to Cold
            4s cold -> AddCopy node1.Cold/0.4
            5s tier -> Evict node1.Shm/0.2
               <- tier EvictGranted node1.Shm/0.2
            """);

    [Fact]
    public void Key_of_the_last_copy_that_is_removed_is_forgotten() => new OwnerTranscript(WithCold, Shm(1), ColdCopy(1))
        .At(0, "t1", Remove(Shm(1), 4))
        .At(1, "cold", Remove(ColdCopy(1), 5))
        .At(2, "cold", Remove(ColdCopy(1), 6))
        .At(3, "cold", new RemoveCopy(Block, ColdCopy(1)))
        .At(4, "w", Begin(2))
        .At(5, "cold", Remove(ColdCopy(1), 7))
        .Reads("""
            0s t1 -> RemoveCopy node1.Shm/0.2 key 4
            1s cold -> RemoveCopy node1.Cold/0.2 key 5
               <- key-index Forget 5 at 7
            2s cold -> RemoveCopy node1.Cold/0.2 key 6
               <- key-index Forget 6 at 7
            3s cold -> RemoveCopy node1.Cold/0.2
            4s w -> Begin node2 wait 0s
               <- w BeginGranted #1
            5s cold -> RemoveCopy node1.Cold/0.2 key 7
            """);

    [Fact]
    public void Writer_of_a_block_that_is_only_in_files_is_told_so_and_its_copy_is_preferred_once_it_is_announced() =>
        new OwnerTranscript(WithCold, ColdCopy(1))
            .At(0, "w", Begin(1))
            .At(1, "t1", new AddCopy(Block, Shm(1)))
            .At(2, "r", Locate(1, 5))
            .At(3, "r", Release(1))
            .At(3, "t2", new RemoveCopy(Block, Shm(1)))
            .At(4, "t2", new AddCopy(Block, Shm(2)))
            .At(5, "r", Locate(1, 5))
            .Reads("""
                0s w -> Begin node1 wait 0s
                   <- w AlreadyPresent node1.Cold/0.2
                1s t1 -> AddCopy node1.Shm/0.2
                2s r -> Locate node1 for 5s
                   <- r Located node1.Shm/0.2 lease #1 for 5s
                3s r -> Release #1
                3s t2 -> RemoveCopy node1.Shm/0.2
                4s t2 -> AddCopy node2.Shm/0.2
                5s r -> Locate node1 for 5s
                   <- r Located node2.Shm/0.2 lease #2 for 5s
                """);

    [Fact]
    public void Deletion_drops_the_copy_in_files_too_and_forgets_its_key() => new OwnerTranscript(WithCold, Shm(1), ColdCopy(1))
        .At(0, "d", new Delete(Block))
        .At(1, "t1", new RemoveCopy(Block, Shm(1)))
        .At(2, "cold", Remove(ColdCopy(1), 5))
        .At(3, "d", new Delete(Block))
        .Reads("""
            0s d -> Delete
               <- d Deleted
               <- node1.Shm Drop node1.Shm/0.2
               <- node1.Cold Drop node1.Cold/0.2
            1s t1 -> RemoveCopy node1.Shm/0.2
            2s cold -> RemoveCopy node1.Cold/0.2 key 5
               <- key-index Forget 5 at 7
            3s d -> Delete
               <- d NotFound
            """);

    [Fact]
    public void Protected_block_keeps_its_copy_in_memory_though_files_hold_it() => new OwnerTranscript(WithCold, Shm(1), ColdCopy(1))
        .At(0, "registry", new Protect(Block, Key(1)))
        .At(1, "t1", new Evict(Block, Shm(1)))
        .Reads("""
            0s registry -> Protect
               <- registry ProtectDone 1
            1s t1 -> Evict node1.Shm/0.2
               <- t1 EvictRefused node1.Shm/0.2 Protected
            """);
}

using System.Globalization;
using Cascade.Core.Cold;
using Cascade.Core.Messages;
using static Cascade.Core.Tests.Cold.ColdNames;

namespace Cascade.Core.Tests.Cold;

public sealed class ColdGroupCommitTests
{
    private static readonly ColdSettings Settings = ColdHarness.Small with
    {
        GroupDelay = TimeSpan.FromMilliseconds(2),
        GroupRecordsMax = 3,
        WritesInFlightMax = 8,
        CheckpointEveryBytes = long.MaxValue,
    };

    /// <summary>What the store said and what it asked of its device, in words.</summary>
    private sealed class Scenario
    {
        private readonly ColdHarness _store = new(1, Settings);
        private readonly List<string> _lines = [];
        private int _noted;

        public Scenario()
        {
            _store.Recover();
            _noted = _store.Sent.Count;
        }

        public Scenario Put(int block, bool durable)
        {
            _store.Put(block, block, 1, durable: durable);
            return Note($"put {block} {(durable ? "durable" : "memory")}");
        }

        public Scenario Device(string what)
        {
            Assert.True(_store.CompleteFirst(what), $"no {what} is open");
            return Note($"{what} completes");
        }

        public Scenario After(int milliseconds)
        {
            _store.Now += TimeSpan.FromMilliseconds(milliseconds);
            _store.Tick();
            return Note($"{milliseconds} ms later");
        }

        public void Is(string expected) => Assert.Equal(expected.ReplaceLineEndings("\n").Trim(), string.Join("\n", _lines).Trim());

        private Scenario Note(string what)
        {
            _lines.Add(what);
            foreach (var (to, message) in _store.Sent.Skip(_noted))
            {
                if (Words(to, message) is { } words)
                    _lines.Add("  " + words);
            }

            _noted = _store.Sent.Count;
            return this;
        }

        private static string? Words(object to, object message) => message switch
        {
            CreateFile m => $"create file {m.File}",
            WriteRecord m => string.Create(CultureInfo.InvariantCulture, $"write {Number(m.Header.Id)} at {m.Header.Place}"),
            Flush m => $"flush file {m.File}",
            ColdStored m => $"{to}: {(m.Durable ? "durable" : "taken")}",
            MemoryReleased m => $"{to}: memory back{(m.Durable ? "" : ", not stored")}",
            Busy m => $"{to}: busy, {m.Reason}",
            _ => null,
        };
    }

    [Fact]
    public void One_flush_is_in_flight_while_the_next_group_forms() => new Scenario()
        .Put(1, durable: true).Device("CreateFile").Device("WriteRecord").After(1).After(1)
        .Put(2, durable: true).Put(3, durable: false).Device("WriteRecord").Device("WriteRecord").After(5)
        .Device("Flush").Device("Flush")
        .Is("""
            put 1 durable
              create file 1
            CreateFile completes
              write 1 at 1:0
            WriteRecord completes
            1 ms later
            1 ms later
              flush file 1
            put 2 durable
              write 2 at 1:8192
            put 3 memory
              write 3 at 1:16384
              put 3 as 3: taken
            WriteRecord completes
            WriteRecord completes
            5 ms later
            Flush completes
              put 1 as 1: durable
              put 1 as 1: memory back
              flush file 1
            Flush completes
              put 2 as 2: durable
              put 2 as 2: memory back
              put 3 as 3: memory back
            """);

    [Fact]
    public void Full_group_is_flushed_without_delay() => new Scenario()
        .Put(1, durable: true).Device("CreateFile").Put(2, durable: true).Put(3, durable: true)
        .Device("WriteRecord").Device("WriteRecord").Device("WriteRecord")
        .Is("""
            put 1 durable
              create file 1
            CreateFile completes
              write 1 at 1:0
            put 2 durable
              write 2 at 1:8192
            put 3 durable
              write 3 at 1:16384
            WriteRecord completes
            WriteRecord completes
            WriteRecord completes
              flush file 1
            """);

    [Fact]
    public void Flush_waits_for_the_record_that_comes_first_in_the_log() => new Scenario()
        .Put(1, durable: true).Device("CreateFile").Put(2, durable: true)
        .Device("WriteRecord 2").After(10).Device("WriteRecord")
        .Is("""
            put 1 durable
              create file 1
            CreateFile completes
              write 1 at 1:0
            put 2 durable
              write 2 at 1:8192
            WriteRecord 2 completes
            10 ms later
            WriteRecord completes
              flush file 1
            """);
}

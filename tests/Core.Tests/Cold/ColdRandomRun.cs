using Cascade.Core.Cold;
using Cascade.Core.Messages;
using static Cascade.Core.Tests.Cold.ColdNames;

namespace Cascade.Core.Tests.Cold;

/// <summary>One random run of requests, completions, faults and crashes against the witness.</summary>
internal sealed class ColdRandomRun
{
    private const int Keys = 10;
    private const int Blocks = 14;

    private readonly int _seed;
    private readonly bool _isRoomy;
    private readonly DeviceFaults _faults;
    private readonly ColdSettings _settings;
    private readonly ColdHarness _store;
    private readonly ColdWitness _witness;
    private readonly List<Asked> _asked = [];
    private readonly Dictionary<Asked, (int Key, int Base, int SureVersion)> _reads = [];
    private readonly Dictionary<Asked, List<ColdWitness.Change>> _changes = [];
    private readonly HashSet<Asked> _durable = [];
    private long _stamp = 1;

    public ColdRandomRun(int seed, ColdSettings settings, DeviceFaults faults, bool isRoomy)
    {
        (_seed, _settings, _faults, _isRoomy) = (seed, settings, faults, isRoomy);
        _store = new ColdHarness(seed, settings) { Answered = OnAnswer };
        _witness = new ColdWitness(mayLose: faults != DeviceFaults.None);
    }

    private Random Random => _store.Random;

    private string Where => $"seed {_seed}, step {_store.Trace.Count}";

    public List<string> Run(int steps)
    {
        _store.Recover();
        _store.Device.Faults = _faults;
        for (var step = 0; step < steps; step++)
        {
            OneStep();
            Check();
            if (Random.Next(100) == 0)
                CrashAndRecover();
        }

        Finish();
        return _store.Trace;
    }

    private void OneStep()
    {
        var durable = Random.Next(3) != 0;
        var key = Random.Next(1, Keys);
        var block = Random.Next(1, Blocks);
        switch (Random.Next(20))
        {
            case < 4: Put(block, Random.Next(5) == 0 ? 0 : key, durable); break;
            case 4: Track(_store.Bind(block, key, ++_stamp, durable), durable, [_witness.Key(key, block)]); break;
            case 5: Track(_store.Unbind(key, ++_stamp, durable), durable, _witness.Unbind(key)); break;
            case 6 when Random.Next(3) == 0: Track(_store.Drop(block, durable), durable, [_witness.Block(block, isStored: false)]); break;
            case < 10: Fetch(key); break;
            case 10:
                _store.Now += TimeSpan.FromMilliseconds(Random.Next(3) == 0 ? 3 : 800);
                _store.Tick();
                break;
            case 11 when _store.RoomsNeeded.Count > 0:
                _store.GiveRoom(_store.RoomsNeeded[Random.Next(_store.RoomsNeeded.Count)], Random.Next(8) != 0);
                break;
            default:
                for (var n = Random.Next(12); n > 0; n--)
                    _store.StepDevice();
                break;
        }
    }

    // The sizes of a block are its own: one in seven is larger than a file.
    private static int PagesOf(int block) => block % 7 == 3 ? 18 : 1 + (block % 4);

    private void Put(int block, int key, bool durable)
    {
        var changes = new List<ColdWitness.Change> { _witness.Block(block, isStored: true) };
        if (key != 0)
            changes.Add(_witness.Key(key, block));
        Track(_store.Put(block, key, ++_stamp, PagesOf(block), durable, Random.Next(6) == 0 ? 0.5 : 60), durable, changes);
    }

    /// <summary>Answers that came while the request was being sent are dealt with here.</summary>
    private void Track(Asked asked, bool durable, List<ColdWitness.Change> changes)
    {
        _changes[asked] = changes;
        _asked.Add(asked);
        if (durable)
            _durable.Add(asked);
        foreach (var answer in asked.Answers)
            Apply(asked, answer);
    }

    private void Fetch(int key)
    {
        var from = _witness.BaseOfKey(key);
        var isSure = _isRoomy && _witness.IsSureKey(key);
        var asked = _store.Fetch(key);
        _asked.Add(asked);
        _reads[asked] = (key, from, isSure ? _witness.Version : -1);
        foreach (var answer in asked.Answers)
            CheckRead(asked, answer);
    }

    private void OnAnswer(Asked asked, object answer)
    {
        if (_reads.ContainsKey(asked))
            CheckRead(asked, answer);
        if (_changes.ContainsKey(asked))
            Apply(asked, answer);
    }

    private void CheckRead(Asked asked, object answer)
    {
        var (key, from, sureVersion) = _reads[asked];
        Assert.False(answer is NotFound && sureVersion == _witness.Version, $"{Where}: key {key} must be found");
        if (answer is ColdFetched fetched)
            Assert.True(_witness.ValuesOfKey(key, from).Contains(Number(fetched.Id)), $"{Where}: key {key} gave block {Number(fetched.Id)}");
    }

    private void Apply(Asked asked, object answer)
    {
        foreach (var change in _changes[asked])
        {
            change.IsApplied |= answer is ColdStored or ColdRemoved;
            change.IsDurable |= answer is ColdStored { Durable: true } || (answer is ColdRemoved && _durable.Contains(asked));
        }

        _witness.Settle();
    }

    private void CrashAndRecover()
    {
        _store.Crash();
        Assert.All(_asked, asked => Assert.True(asked.Answers.Count <= 1, $"{Where}: {asked} was answered {asked.Answers.Count} times"));
        _asked.Clear();
        _reads.Clear();
        _changes.Clear();
        _witness.Crash();
        _store.Device.Faults = DeviceFaults.None;
        _store.Recover();
        _store.Device.Faults = _faults;
        Audit();
    }

    /// <summary>Asks for every key, from whatever state things are in.</summary>
    private void Audit()
    {
        for (var key = 1; key < Keys; key++)
            Fetch(key);
    }

    private void Check()
    {
        var report = _store.Core.Report;
        Assert.True(report.ChargedBytes <= _settings.CapacityBytes, $"{Where}: {report.ChargedBytes} bytes are charged");
        Assert.True(_store.Device.UsedBytes <= _settings.CapacityBytes, $"{Where}: {_store.Device.UsedBytes} bytes are used");
        Assert.True(report.OpenWrites <= _settings.QueueMax, Where);
        for (var block = 1; _isRoomy && block < Blocks; block++)
            Assert.False(_witness.IsGone(block) && _store.Core.TryDescribe(Id(block), out _), $"{Where}: block {block} is here, without a key");
        Assert.True(report.LiveBytes >= 0 && report.LiveBytes <= _store.Device.UsedBytes + (64 * 4096), $"{Where}: {report.LiveBytes} live");
    }

    private void Finish()
    {
        _store.Device.Faults = DeviceFaults.None;
        _store.Settle(150);
        Audit();
        _store.Settle(150);
        foreach (var asked in _asked)
        {
            Assert.True(asked.Answers.Count == 1, $"{Where}: {asked} was answered {asked.Answers.Count} times");
            Assert.True(asked.Released == (asked.What.StartsWith("put", StringComparison.Ordinal) ? 1 : 0), $"{Where}: {asked} gave memory back {asked.Released} times");
        }

        Assert.Empty(_store.RoomsGiven);
        Assert.True(_store.Core.Report is { OpenWrites: 0, HeldBytes: 0 }, $"{Where}: {_store.Core.Report}");
        CrashAndRecover();
        _store.Settle(10);
    }
}

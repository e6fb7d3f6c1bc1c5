using System.Globalization;

namespace Cascade.Gpu.Tests.Ptx;

/// <summary>The part of PTX that the kernels here are written in.</summary>
internal enum PtxOp
{
    Mov,
    Add,
    Sub,
    Min,
    Or,
    Xor,
    Shr,
    MadLo,
    FunnelRight,
    Select,
    IsGreaterOrEqual,
    IsGreater,
    IsEqual,
    IsNotEqual,
    MovWide,
    AddWide,
    MulWide,
    LoadParameter,
    LoadParameterWide,
    Load4,
    Store4,
    Branch,
    Return,
}

/// <summary>One instruction; operands are numbers of registers, of their class.</summary>
internal readonly record struct PtxInstruction(PtxOp Op, int Guard, int[] Operands);

/// <summary>A kernel as it was read from text. Constants and special registers lie behind the declared registers.</summary>
/// <remarks>Refuses what an assembler refuses: registers that are not declared or of the wrong class, labels that are missing or there twice, what it does not know.</remarks>
internal sealed class PtxKernel
{
    private static readonly Dictionary<string, (PtxOp Op, string Classes)> Known = new()
    {
        // r: 32 bits, or a constant; a: 64 bits; c: a constant of 64 bits; p: predicate; n: parameter; l: label; m: address and offset; v: four registers.
        ["mov.u32"] = (PtxOp.Mov, "rr"),
        ["add.u32"] = (PtxOp.Add, "rrr"),
        ["sub.u32"] = (PtxOp.Sub, "rrr"),
        ["min.u32"] = (PtxOp.Min, "rrr"),
        ["or.b32"] = (PtxOp.Or, "rrr"),
        ["xor.b32"] = (PtxOp.Xor, "rrr"),
        ["shr.u32"] = (PtxOp.Shr, "rrr"),
        ["mad.lo.u32"] = (PtxOp.MadLo, "rrrr"),
        ["shf.r.wrap.b32"] = (PtxOp.FunnelRight, "rrrr"),
        ["selp.b32"] = (PtxOp.Select, "rrrp"),
        ["setp.ge.u32"] = (PtxOp.IsGreaterOrEqual, "prr"),
        ["setp.gt.u32"] = (PtxOp.IsGreater, "prr"),
        ["setp.eq.u32"] = (PtxOp.IsEqual, "prr"),
        ["setp.ne.u32"] = (PtxOp.IsNotEqual, "prr"),
        ["cvta.to.global.u64"] = (PtxOp.MovWide, "aa"),
        ["add.u64"] = (PtxOp.AddWide, "aaa"),
        ["mul.wide.u32"] = (PtxOp.MulWide, "arr"),
        ["ld.param.u32"] = (PtxOp.LoadParameter, "rn"),
        ["ld.param.u64"] = (PtxOp.LoadParameterWide, "an"),
        ["ld.global.v4.u32"] = (PtxOp.Load4, "vm"),
        ["st.global.v4.u32"] = (PtxOp.Store4, "mv"),
        ["bra"] = (PtxOp.Branch, "l"),
        ["ret"] = (PtxOp.Return, ""),
    };

    private readonly Dictionary<string, (char Class, int Number)> _names = [];
    private readonly Dictionary<string, int> _labels = [];
    private readonly List<(string Name, bool IsWide)> _parameters = [];
    private readonly List<uint> _words = [];
    private readonly List<ulong> _wides = [];
    private int _predicates;

    public PtxKernel(string name, string parameters, string body)
    {
        Name = name;
        foreach (var parameter in parameters.Split(',', StringSplitOptions.TrimEntries))
        {
            var parts = parameter.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Require(parts is [".param", ".u32" or ".u64", _], parameter);
            _parameters.Add((parts[2], parts[1] == ".u64"));
        }

        foreach (var special in new[] { "%ctaid.x", "%ntid.x", "%tid.x" })
            Declare(special, 'r');
        var statements = Statements(body).ToList();
        for (var at = 0; at < statements.Count; at++)
            Require(statements[at].Label is not { } label || _labels.TryAdd(label, at), statements[at].Label ?? "");
        Instructions = [.. statements.Where(s => s.Label is null).Select(s => Read(s.Text))];
        var before = 0;
        foreach (var (label, at) in _labels.OrderBy(l => l.Value).ToList())
            _labels[label] = at - before++;
        foreach (var instruction in Instructions.Where(i => i.Op == PtxOp.Branch))
            instruction.Operands[0] = _labels.Values.ElementAt(instruction.Operands[0]);
    }

    public string Name { get; }

    public IReadOnlyList<(string Name, bool IsWide)> Parameters => _parameters;

    public PtxInstruction[] Instructions { get; }

    public uint[] Words => [.. _words];

    public ulong[] Wides => [.. _wides];

    public bool[] Predicates => new bool[_predicates];

    public static Dictionary<string, PtxKernel> ReadModule(string text)
    {
        var entries = text.Split(".visible .entry ");
        Require(entries[0].Split('\n', StringSplitOptions.RemoveEmptyEntries) is [".version 7.0", ".target sm_70", ".address_size 64"], entries[0]);
        return entries.Skip(1).Select(entry =>
        {
            var (open, close, begin, end) = (entry.IndexOf('('), entry.IndexOf(')'), entry.IndexOf('{'), entry.LastIndexOf('}'));
            return new PtxKernel(entry[..open], entry[(open + 1)..close], entry[(begin + 1)..end]);
        }).ToDictionary(kernel => kernel.Name);
    }

    private static IEnumerable<(string? Label, string Text)> Statements(string body)
    {
        foreach (var line in body.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.EndsWith(':'))
                yield return (line[..^1], "");
            else if (line.EndsWith(';'))
                yield return (null, line[..^1]);
            else
                throw new FormatException(line);
        }
    }

    private PtxInstruction Read(string text)
    {
        if (text.StartsWith(".reg ", StringComparison.Ordinal))
        {
            DeclareAll(text);
            return new PtxInstruction(PtxOp.Mov, -1, [0, 0]);
        }

        var guard = -1;
        if (text.StartsWith('@'))
        {
            var space = text.IndexOf(' ');
            guard = Register(text[1..space], 'p');
            text = text[(space + 1)..];
        }

        var blank = text.IndexOf(' ');
        var name = blank < 0 ? text : text[..blank];
        Require(Known.TryGetValue(name, out var known), text);
        var operands = blank < 0 ? [] : Split(text[(blank + 1)..]);
        Require(operands.Count == known.Classes.Length, text);
        return new PtxInstruction(known.Op, guard, [.. operands.Zip(known.Classes).SelectMany(o => Operand(o.First, o.Second))]);
    }

    private static List<string> Split(string operands)
    {
        var (parts, from, depth) = (new List<string>(), 0, 0);
        for (var at = 0; at <= operands.Length; at++)
        {
            if (at == operands.Length || (operands[at] == ',' && depth == 0))
            {
                parts.Add(operands[from..at].Trim());
                from = at + 1;
            }
            else
            {
                depth += operands[at] == '{' ? 1 : operands[at] == '}' ? -1 : 0;
            }
        }

        return parts;
    }

    private int[] Operand(string text, char kind)
    {
        switch (kind)
        {
            case 'n':
                var parameter = _parameters.FindIndex(p => $"[{p.Name}]" == text);
                Require(parameter >= 0, text);
                return [parameter];
            case 'l':
                Require(_labels.ContainsKey(text), text);
                return [_labels.Keys.ToList().IndexOf(text)];
            case 'm':
                var inside = text.TrimStart('[').TrimEnd(']').Split('+');
                return [Register(inside[0], 'a'), int.Parse(inside[1], CultureInfo.InvariantCulture)];
            case 'v':
                var four = text.TrimStart('{').TrimEnd('}').Split(',', StringSplitOptions.TrimEntries);
                Require(four.Length == 4, text);
                return [.. four.Select(register => Register(register, 'r'))];
            default:
                return [text.StartsWith('%') ? Register(text, kind) : Constant(text, kind)];
        }
    }

    private int Constant(string text, char kind)
    {
        Require(kind is 'r' or 'a', text);
        var value = text.StartsWith("0x", StringComparison.Ordinal)
            ? uint.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            : uint.Parse(text, CultureInfo.InvariantCulture);
        if (kind == 'a')
        {
            _wides.Add(value);
            return _wides.Count - 1;
        }

        _words.Add(value);
        return _words.Count - 1;
    }

    private int Register(string name, char kind)
    {
        Require(_names.TryGetValue(name, out var register) && register.Class == kind, name);
        return register.Number;
    }

    /// <summary>Such as ".reg .b32 %v&lt;16&gt;" and ".reg .b32 %i, %n".</summary>
    private void DeclareAll(string text)
    {
        var parts = text.Split(' ', 3);
        var kind = parts[1] switch { ".pred" => 'p', ".b32" => 'r', ".b64" => 'a', _ => throw new FormatException(text) };
        foreach (var name in parts[2].Split(',', StringSplitOptions.TrimEntries))
        {
            var open = name.IndexOf('<');
            if (open < 0)
            {
                Declare(name, kind);
                continue;
            }

            for (var number = 0; number < int.Parse(name.AsSpan((open + 1)..^1), CultureInfo.InvariantCulture); number++)
                Declare($"{name[..open]}{number}", kind);
        }
    }

    private void Declare(string name, char kind)
    {
        var number = kind switch { 'r' => _words.Count, 'a' => _wides.Count, _ => _predicates++ };
        if (kind == 'r')
            _words.Add(0xDEADBEEF);
        else if (kind == 'a')
            _wides.Add(0xDEAD_BEEF_DEAD_BEEF);
        Require(_names.TryAdd(name, (kind, number)), name);
    }

    private static void Require(bool holds, string text)
    {
        if (!holds)
            throw new FormatException($"This is no PTX that is known here: {text}");
    }
}

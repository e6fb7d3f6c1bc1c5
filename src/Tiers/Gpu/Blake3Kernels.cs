using System.Globalization;
using System.Text;

namespace Cascade.Tiers.Gpu;

/// <summary>BLAKE3 for a device, in PTX text: one kernel for the chunks of an input, one for a level of parents above them. One thread a node.</summary>
/// <remarks>
/// From the specification "BLAKE3: one function, fast everywhere" (2020), section 2. PTX ISA 7.0 for compute capability 7.0, which the
/// drivers of CUDA 12 and later compile for every device that they support from then on. The seven rounds are written out, so that the order of message words costs nothing.
/// </remarks>
internal static class Blake3Kernels
{
    public const string Chunks = "blake3_chunks";
    public const string Parents = "blake3_parents";

    /// <summary>Flags of the specification: of the first and the last block of a chunk, of a parent, and of the node that is the whole input.</summary>
    public const uint ChunkStart = 1, ChunkEnd = 2, Parent = 4, Root = 8;

    public const int ChunkBytes = 1024;
    public const int ChainingBytes = 32;

    private static readonly uint[] Initial = [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19];

    /// <summary>Which word of the message comes where in the next round.</summary>
    private static readonly int[] Permutation = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];

    /// <summary>The state's words that a round mixes: four columns, then four diagonals.</summary>
    private static readonly int[][] Mixes =
    [
        [0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15], [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14],
    ];

    /// <summary>The module's text, with the zero byte that the driver wants at its end.</summary>
    public static byte[] Ptx() => Encoding.ASCII.GetBytes(Text() + '\0');

    public static string Text()
    {
        var text = new StringBuilder(100_000);
        text.Append(".version 7.0\n.target sm_70\n.address_size 64\n\n");
        WriteChunks(text);
        WriteParents(text);
        return text.ToString();
    }

    /// <summary>
    /// Writes the chaining values of chunks. The last of them is read from the tail, of that many bytes and zeros up to a block, unless these are none.
    /// The source is at a multiple of 16 bytes.
    /// </summary>
    private static void WriteChunks(StringBuilder text)
    {
        Begin(text, Chunks, "u64 source", "u64 tail", "u64 chaining", "u32 count", "u32 tail_bytes", "u32 first", "u32 end_flags");
        Lines(
            text,
            "ld.param.u32 %n, [count]",
            "setp.ge.u32 %p0, %i, %n",
            "@%p0 bra chunks_done",
            "ld.param.u64 %a0, [source]",
            "cvta.to.global.u64 %a0, %a0",
            "mul.wide.u32 %a1, %i, 1024",
            "add.u64 %a0, %a0, %a1",
            "mov.u32 %left, 1024",
            "add.u32 %t0, %i, 1",
            "setp.ne.u32 %p0, %t0, %n",
            "@%p0 bra chunks_whole",
            "ld.param.u32 %t0, [tail_bytes]",
            "setp.eq.u32 %p0, %t0, 0",
            "@%p0 bra chunks_whole",
            "mov.u32 %left, %t0",
            "ld.param.u64 %a0, [tail]",
            "cvta.to.global.u64 %a0, %a0");
        Label(text, "chunks_whole");
        for (var word = 0; word < 8; word++)
            Lines(text, $"mov.u32 %c{word}, {Hex(Initial[word])}");
        Lines(text, $"mov.u32 %flags, {ChunkStart}", "ld.param.u32 %first, [first]", "add.u32 %first, %first, %i", "ld.param.u32 %end, [end_flags]");
        Label(text, "chunks_block");
        Load(text, "%m", 16, "%a0");
        for (var word = 0; word < 8; word++)
            Lines(text, $"mov.u32 %v{word}, %c{word}");
        Lines(
            text,
            "setp.gt.u32 %p1, %left, 64",
            "or.b32 %t0, %flags, %end",
            "selp.b32 %v15, %flags, %t0, %p1",
            "min.u32 %v14, %left, 64",
            "mov.u32 %v12, %first",
            "mov.u32 %v13, 0");
        Compress(text);
        for (var word = 0; word < 8; word++)
            Lines(text, $"xor.b32 %c{word}, %v{word}, %v{word + 8}");
        Lines(text, "mov.u32 %flags, 0", "add.u64 %a0, %a0, 64", "sub.u32 %left, %left, 64", "@%p1 bra chunks_block");
        Store(text, "%c");
        End(text, "chunks_done");
    }

    /// <summary>Writes the chaining values one level up; an odd last node is handed on as it is.</summary>
    private static void WriteParents(StringBuilder text)
    {
        Begin(text, Parents, "u64 children", "u64 chaining", "u32 count", "u32 flags");
        Lines(
            text,
            "ld.param.u32 %n, [count]",
            "ld.param.u64 %a0, [children]",
            "cvta.to.global.u64 %a0, %a0",
            "mul.wide.u32 %a1, %i, 64",
            "add.u64 %a0, %a0, %a1",
            "shr.u32 %t0, %n, 1",
            "setp.ge.u32 %p0, %i, %t0",
            "@%p0 bra parents_odd");
        Load(text, "%m", 16, "%a0");
        for (var word = 0; word < 8; word++)
            Lines(text, $"mov.u32 %v{word}, {Hex(Initial[word])}");
        Lines(text, "mov.u32 %v12, 0", "mov.u32 %v13, 0", "mov.u32 %v14, 64", "ld.param.u32 %v15, [flags]");
        Compress(text);
        for (var word = 0; word < 8; word++)
            Lines(text, $"xor.b32 %c{word}, %v{word}, %v{word + 8}");
        Lines(text, "bra parents_store");
        Label(text, "parents_odd");
        Lines(
            text,
            "add.u32 %t1, %i, %t0",
            "add.u32 %t1, %t1, 1",
            "setp.ne.u32 %p0, %t1, %n",
            "@%p0 bra parents_done",
            "setp.ne.u32 %p0, %i, %t0",
            "@%p0 bra parents_done");
        Load(text, "%c", 8, "%a0");
        Label(text, "parents_store");
        Store(text, "%c");
        End(text, "parents_done");
    }

    /// <summary>Registers, and the number of the thread in all of the launch.</summary>
    private static void Begin(StringBuilder text, string name, params string[] parameters)
    {
        text.Append(CultureInfo.InvariantCulture, $".visible .entry {name}(\n")
            .AppendJoin(",\n", parameters.Select(p => $"    .param .{p}")).Append("\n)\n{\n")
            .Append("    .reg .pred %p<2>;\n    .reg .b64 %a<2>;\n    .reg .b32 %v<16>;\n    .reg .b32 %m<16>;\n    .reg .b32 %c<8>;\n    .reg .b32 %t<2>;\n")
            .Append("    .reg .b32 %i, %n, %left, %flags, %first, %end;\n");
        Lines(text, "mov.u32 %t0, %ctaid.x", "mov.u32 %t1, %ntid.x", "mov.u32 %i, %tid.x", "mad.lo.u32 %i, %t0, %t1, %i");
    }

    private static void End(StringBuilder text, string label)
    {
        Label(text, label);
        Lines(text, "ret");
        text.Append("}\n\n");
    }

    /// <summary>The seven rounds over the state %v and the message %m; words 8 to 11 of the state are set here.</summary>
    private static void Compress(StringBuilder text)
    {
        for (var word = 0; word < 4; word++)
            Lines(text, $"mov.u32 %v{word + 8}, {Hex(Initial[word])}");
        var order = Enumerable.Range(0, 16).ToArray();
        for (var round = 0; round < 7; round++)
        {
            for (var mix = 0; mix < 8; mix++)
                Mix(text, Mixes[mix], order[2 * mix], order[(2 * mix) + 1]);
            order = [.. Permutation.Select(from => order[from])];
        }
    }

    private static void Mix(StringBuilder text, int[] words, int first, int second)
    {
        var (a, b, c, d) = ($"%v{words[0]}", $"%v{words[1]}", $"%v{words[2]}", $"%v{words[3]}");
        foreach (var (message, turnD, turnB) in new[] { (first, 16, 12), (second, 8, 7) })
        {
            Lines(
                text,
                $"add.u32 {a}, {a}, {b}",
                $"add.u32 {a}, {a}, %m{message}",
                $"xor.b32 {d}, {d}, {a}",
                $"shf.r.wrap.b32 {d}, {d}, {d}, {turnD}",
                $"add.u32 {c}, {c}, {d}",
                $"xor.b32 {b}, {b}, {c}",
                $"shf.r.wrap.b32 {b}, {b}, {b}, {turnB}");
        }
    }

    private static void Load(StringBuilder text, string registers, int words, string address)
    {
        for (var word = 0; word < words; word += 4)
            Lines(text, $"ld.global.v4.u32 {{{registers}{word}, {registers}{word + 1}, {registers}{word + 2}, {registers}{word + 3}}}, [{address}+{4 * word}]");
    }

    private static void Store(StringBuilder text, string registers)
    {
        Lines(text, "ld.param.u64 %a0, [chaining]", "cvta.to.global.u64 %a0, %a0", "mul.wide.u32 %a1, %i, 32", "add.u64 %a0, %a0, %a1");
        for (var word = 0; word < 8; word += 4)
            Lines(text, $"st.global.v4.u32 [%a0+{4 * word}], {{{registers}{word}, {registers}{word + 1}, {registers}{word + 2}, {registers}{word + 3}}}");
    }

    private static void Lines(StringBuilder text, params string[] instructions)
    {
        foreach (var instruction in instructions)
            text.Append("    ").Append(instruction).Append(";\n");
    }

    private static void Label(StringBuilder text, string name) => text.Append(name).Append(":\n");

    private static string Hex(uint word) => string.Create(CultureInfo.InvariantCulture, $"0x{word:X8}");
}

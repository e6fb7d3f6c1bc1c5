namespace Cascade.Gpu.Tests.Ptx;

/// <summary>Runs a kernel, thread by thread, over the stand-in's device memory. Every access has to lie within an allocation and be aligned.</summary>
internal static unsafe class PtxThread
{
    private const int StepsMax = 10_000_000;

    public static void Run(PtxKernel kernel, ulong[] parameters, uint block, uint blockThreads, uint thread)
    {
        var (r, a, p) = (kernel.Words, kernel.Wides, kernel.Predicates);
        (r[0], r[1], r[2]) = (block, blockThreads, thread);
        var instructions = kernel.Instructions;
        var at = 0;
        for (var step = 0; step < StepsMax; step++)
        {
            ref readonly var i = ref instructions[at++];
            if (i.Guard >= 0 && !p[i.Guard])
                continue;
            if (i.Op == PtxOp.Return)
                return;
            if (i.Op == PtxOp.Branch)
                at = i.Operands[0];
            else if (i.Op >= PtxOp.MovWide)
                StepWide(i, r, a, parameters);
            else
                Step(i.Op, i.Operands, r, p);
        }

        throw new InvalidOperationException($"A thread of {kernel.Name} does not end.");
    }

    private static void Step(PtxOp op, int[] o, uint[] r, bool[] p)
    {
        switch (op)
        {
            case PtxOp.Mov: r[o[0]] = r[o[1]]; break;
            case PtxOp.Add: r[o[0]] = r[o[1]] + r[o[2]]; break;
            case PtxOp.Sub: r[o[0]] = r[o[1]] - r[o[2]]; break;
            case PtxOp.Min: r[o[0]] = Math.Min(r[o[1]], r[o[2]]); break;
            case PtxOp.Or: r[o[0]] = r[o[1]] | r[o[2]]; break;
            case PtxOp.Xor: r[o[0]] = r[o[1]] ^ r[o[2]]; break;
            case PtxOp.Shr: r[o[0]] = r[o[2]] > 31 ? 0 : r[o[1]] >> (int)r[o[2]]; break;
            case PtxOp.MadLo: r[o[0]] = (r[o[1]] * r[o[2]]) + r[o[3]]; break;
            case PtxOp.FunnelRight: r[o[0]] = (uint)((((ulong)r[o[2]] << 32) | r[o[1]]) >> (int)(r[o[3]] & 31)); break;
            case PtxOp.Select: r[o[0]] = p[o[3]] ? r[o[1]] : r[o[2]]; break;
            case PtxOp.IsGreaterOrEqual: p[o[0]] = r[o[1]] >= r[o[2]]; break;
            case PtxOp.IsGreater: p[o[0]] = r[o[1]] > r[o[2]]; break;
            case PtxOp.IsEqual: p[o[0]] = r[o[1]] == r[o[2]]; break;
            case PtxOp.IsNotEqual: p[o[0]] = r[o[1]] != r[o[2]]; break;
            default: throw new InvalidOperationException($"{op} is not done here.");
        }
    }

    private static void StepWide(in PtxInstruction i, uint[] r, ulong[] a, ulong[] parameters)
    {
        var o = i.Operands;
        switch (i.Op)
        {
            case PtxOp.MovWide: a[o[0]] = a[o[1]]; break;
            case PtxOp.AddWide: a[o[0]] = a[o[1]] + a[o[2]]; break;
            case PtxOp.MulWide: a[o[0]] = (ulong)r[o[1]] * r[o[2]]; break;
            case PtxOp.LoadParameter: r[o[0]] = (uint)parameters[o[1]]; break;
            case PtxOp.LoadParameterWide: a[o[0]] = parameters[o[1]]; break;
            case PtxOp.Load4:
                var from = Place(a[o[4]] + (uint)o[5]);
                (r[o[0]], r[o[1]], r[o[2]], r[o[3]]) = (from[0], from[1], from[2], from[3]);
                break;
            case PtxOp.Store4:
                var to = Place(a[o[0]] + (uint)o[1]);
                (to[0], to[1], to[2], to[3]) = (r[o[2]], r[o[3]], r[o[4]], r[o[5]]);
                break;
            default: throw new InvalidOperationException($"{i.Op} is not done here.");
        }
    }

    private static uint* Place(ulong address)
    {
        if (address % 16 != 0 || !DriverStandIn.Has((nint)address, 16))
            throw new InvalidOperationException($"16 bytes at {address:x} are not in device memory, or not aligned.");
        return (uint*)address;
    }
}

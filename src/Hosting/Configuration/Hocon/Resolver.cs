using System.Runtime.CompilerServices;

namespace Cascade.Hosting.Configuration.Hocon;

/// <summary>
/// Turns a merged tree into finished values: substitutions are looked up in the tree itself, lazily, so that an object may
/// refer to its own fields; a field that refers to itself sees its earlier definitions (HOCON specification, "Self-Referential
/// Substitutions"). Serves one tree, once, on one thread.
/// </summary>
internal sealed partial class Resolver
{
    private const int ErrorsMax = 100;

    private readonly HoconLimits _limits;
    private readonly Func<string, string?> _environment;
    private readonly FieldEntry _root;
    private readonly List<HoconError> _errors = [];
    private readonly Dictionary<DeferredNode, HoconValue?> _finished = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<DeferredNode> _inProgress = new(ReferenceEqualityComparer.Instance);
    private readonly Stack<SubstitutionNode> _chain = new();
    private int _depth;
    private int _steps;

    private Resolver(ObjectNode root, HoconLimits limits, Func<string, string?> environment)
    {
        _root = new FieldEntry(root, root.Origin);
        _limits = limits;
        _environment = environment;
    }

    /// <summary>Resolves a tree.</summary>
    /// <param name="root">The merged tree; not changed.</param>
    /// <param name="limits">What it may cost.</param>
    /// <param name="environment">Where substitutions that the tree does not define are looked up; null for unset.</param>
    /// <exception cref="HoconException">All substitutions that have no value, are circular, or join what cannot be joined.</exception>
    public static HoconObject Resolve(ObjectNode root, HoconLimits limits, Func<string, string?> environment)
    {
        var resolver = new Resolver(root, limits, environment);
        var value = resolver.Merge([resolver._root]);
        return resolver._errors.Count > 0
            ? throw new HoconException(resolver._errors)
            : (HoconObject)value!;
    }

    /// <summary>The value of a stack of definitions, newest first; null when none of them has one.</summary>
    private HoconValue? Merge(IReadOnlyList<FieldEntry> entries)
    {
        var objects = new List<Node>();
        foreach (var entry in entries)
        {
            var node = Reduce(entry);
            if (node is ResolutionMark)
                return (HoconValue)node;
            if (node is ObjectNode or HoconObject)
                objects.Add(node);
            else if (node is not null && objects.Count == 0)
                return Evaluate(node);
            else if (node is not null)
                break;
        }
        return objects switch
        {
            [] => null,
            [HoconObject single] => single,
            _ => MergeObjects(objects),
        };
    }

    private HoconValue MergeObjects(List<Node> newestFirst)
    {
        var stacks = new OrderedDictionary<string, List<FieldEntry>>(StringComparer.Ordinal);
        foreach (var node in newestFirst.AsEnumerable().Reverse())
        {
            foreach (var (key, entry) in Definitions(node))
            {
                if (!stacks.TryGetValue(key, out var stack))
                    stacks.Add(key, stack = []);
                stack.Add(entry);
            }
        }
        var fields = new List<HoconField>(stacks.Count);
        foreach (var (key, stack) in stacks)
        {
            stack.Reverse();
            var value = Nested(stack[0].Value.Origin, () => Merge(stack));
            if (value == ResolutionMark.Cycle)
                return value;
            if (value is not null)
                fields.Add(new HoconField(key, value, stack[0].KeyOrigin));
        }
        return Bounded(new HoconObject(newestFirst[0].Origin, fields));
    }

    private static IEnumerable<(string Key, FieldEntry Entry)> Definitions(Node node) => node is HoconObject resolved
        ? resolved.Fields.Select(field => (field.Key, new FieldEntry(field.Value, field.KeyOrigin)))
        : ((ObjectNode)node).Fields.SelectMany(field => field.Value.Select(entry => (field.Key, entry)));

    /// <summary>
    /// What a definition comes to, objects and arrays left as they are; null when it is an undefined substitution.
    /// </summary>
    private Node? Reduce(FieldEntry entry)
    {
        if (entry.Value is not DeferredNode deferred)
            return entry.Value;
        var value = EvaluateDeferred(deferred, deferred);
        return entry.MustBeObject && value is not (null or HoconObject or ResolutionMark)
            ? Fail(deferred.Origin, $"an object cannot be joined with {value.Describe()}, which {deferred} stands for.")
            : value;
    }

    private HoconValue? Evaluate(Node node) => node switch
    {
        HoconValue value => value,
        ArrayNode array => EvaluateArray(array),
        DeferredNode deferred => EvaluateDeferred(deferred, deferred),
        _ => Merge([new FieldEntry(node, node.Origin)]),
    };

    private HoconValue EvaluateArray(ArrayNode array)
    {
        var elements = new List<HoconValue>(array.Elements.Count);
        foreach (var element in array.Elements)
        {
            var value = Nested(element.Origin, () => Evaluate(element));
            if (value == ResolutionMark.Cycle)
                return value;
            if (value is not null)
                elements.Add(value);
        }
        return Bounded(new HoconArray(array.Origin, elements));
    }

    private HoconValue? EvaluateDeferred(DeferredNode node, DeferredNode owner)
    {
        if (_finished.TryGetValue(node, out var finished))
            return finished;
        if (!_inProgress.Add(node))
            return ResolutionMark.Cycle;
        var value = Nested(node.Origin, () => node is SubstitutionNode substitution
            ? Substitute(substitution, owner)
            : Concatenate((ConcatenationNode)node));
        _inProgress.Remove(node);
        if (value != ResolutionMark.Cycle)
            _finished.Add(node, value);
        return value;
    }

    private T Nested<T>(Origin origin, Func<T> step)
    {
        if (++_steps > _limits.ResolutionStepsMax)
            throw Abort(
                origin,
                $"resolving takes more than {_limits.ResolutionStepsMax} steps; values refer to each other too often.");
        if (++_depth > _limits.ResolutionDepthMax || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw Abort(
                origin,
                $"more than {_limits.ResolutionDepthMax} values wait for each other; shorten the chain of substitutions.");
        var value = step();
        _depth--;
        return value;
    }

    private HoconValue Bounded(HoconValue value)
    {
        if (value.Count > _limits.ValuesMax)
            throw Abort(
                value.Origin,
                $"the value holds more than {_limits.ValuesMax} values once resolved; do substitutions repeat it?");
        if (value.Depth > _limits.DepthMax)
            throw Abort(
                value.Origin,
                $"the value is nested more than {_limits.DepthMax} deep once resolved; flatten the configuration.");
        return value;
    }

    private ResolutionMark Fail(Origin origin, string message)
    {
        if (_errors.Count < ErrorsMax)
            _errors.Add(new HoconError(origin, message));
        return ResolutionMark.Failed;
    }

    private HoconException Abort(Origin origin, string message) => new([.. _errors, new HoconError(origin, message)]);
}

using System.Text;

namespace Cascade.Hosting.Configuration.Hocon;

internal sealed partial class Resolver
{
    private HoconValue? Concatenate(ConcatenationNode node)
    {
        var parts = new List<Node>(node.Parts.Count);
        foreach (var part in node.Parts)
        {
            Node? value = part switch
            {
                WhitespaceNode blanks => blanks,
                DeferredNode deferred => EvaluateDeferred(deferred, node),
                _ => Evaluate(part),
            };
            if (value is ResolutionMark mark)
                return mark;
            if (value is not null)
                parts.Add(value);
        }
        if (parts.Count == 0)
            return null;
        var values = parts.OfType<HoconValue>().ToList();
        if (values.Any(value => value is HoconArray))
            return JoinArrays(node, values);
        if (values.Any(value => value is HoconObject))
            return JoinObjects(node, values);
        return JoinStrings(node, parts);
    }

    private HoconValue JoinArrays(ConcatenationNode node, List<HoconValue> values)
    {
        var elements = new List<HoconValue>();
        foreach (var value in values)
        {
            if (HoconArray.From(value) is not { } array)
                return Fail(node.Origin, $"an array cannot be joined with {value.Describe()}; all parts must be arrays.");
            elements.AddRange(array.Elements);
        }
        return Bounded(new HoconArray(node.Origin, elements));
    }

    private HoconValue JoinObjects(ConcatenationNode node, List<HoconValue> values)
    {
        var joined = new HoconObject(node.Origin, []);
        foreach (var value in values)
        {
            if (value is not HoconObject next)
                return Fail(node.Origin, $"an object cannot be joined with {value.Describe()}; all parts must be objects.");
            joined = joined.Merge(next);
            Bounded(joined);
        }
        return joined;
    }

    private HoconScalar JoinStrings(ConcatenationNode node, List<Node> parts)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            text.Append(part is WhitespaceNode blanks ? blanks.Text : ((HoconScalar)part).Text);
            if (text.Length > _limits.StringLengthMax)
                throw Abort(node.Origin, $"the string is longer than {_limits.StringLengthMax} characters once resolved.");
        }
        return new HoconScalar(node.Origin, HoconKind.String, text.ToString());
    }
}

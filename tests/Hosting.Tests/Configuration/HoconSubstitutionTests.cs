namespace Cascade.Hosting.Tests.Configuration;

/// <summary>Substitutions by the HOCON specification: text in, JSON out.</summary>
public sealed class HoconSubstitutionTests
{
    [Theory]
    [InlineData("a = ${b}, b = 1", "{'a':1,'b':1}")]
    [InlineData("b = 1, a = ${b}, b = 2", "{'b':2,'a':2}")]
    [InlineData("a = ${b.c}, b { c = [1] }", "{'a':[1],'b':{'c':[1]}}")]
    [InlineData("a = ${\"b.c\".d}, \"b.c\".d = 1", "{'a':1,'b.c':{'d':1}}")]
    [InlineData("a = ${ b }, b = true", "{'a':true,'b':true}")]
    [InlineData("a = ${b}, b = null", "{'a':null,'b':null}")]
    [InlineData("x y = 1, a = ${x y}", "{'x y':1,'a':1}")]
    [InlineData("a = \"${b}\"", "{'a':'${b}'}")]
    [InlineData("a = ${b}, b = ${c}, c = 1", "{'a':1,'b':1,'c':1}")]
    public void Value_of_another_path(string text, string json) => AssertJson(text, json);

    [Theory]
    [InlineData("a = x, b = y, c = ${a}${b}", "'c':'xy'")]
    [InlineData("a = x, b = y, c = ${a} ${b}", "'c':'x y'")]
    [InlineData("a = x, b = y, c =  ${a}  -  ${b}  ", "'c':'x  -  y'")]
    [InlineData("a = 1.50, b = true, c = ${a}${b}", "'c':'1.50true'")]
    [InlineData("a = null, b = 1, c = ${a}${b}", "'c':'null1'")]
    [InlineData("a = dog, b = 1, c = ${a} is my favorite", "'c':'dog is my favorite'")]
    [InlineData("a = [1], b = [2], c = ${a} ${b}", "'c':[1,2]")]
    [InlineData("a = [1], b = [2], c = ${a} [ ${b} ]", "'c':[1,[2]]")]
    [InlineData("a {x=1}, b {y=2}, c = ${a} ${b}", "'c':{'x':1,'y':2}")]
    [InlineData("a {x=1}, b {y=2}, c = ${a} { x = 3 } ${b}", "'c':{'x':3,'y':2}")]
    [InlineData("a {x=1}, b = 0, c = ${a}\nc { y = 2 }", "'c':{'x':1,'y':2}")]
    [InlineData("a {x=1}, b = 0, c { y = 2 }\nc = ${a}", "'c':{'y':2,'x':1}")]
    [InlineData("a {x=1}, b = 0, c = [ ${a} { y = 2 }, ${b} ]", "'c':[{'x':1,'y':2},0]")]
    public void Concatenation(string text, string end) =>
        Assert.EndsWith(end.Replace('\'', '"') + "}", HoconTesting.Json(text), StringComparison.Ordinal);

    [Theory]
    [InlineData("a = ${?b}", "{}")]
    [InlineData("a = 1, a = ${?b}", "{'a':1}")]
    [InlineData("a { x = 1 }, a = ${?b}, a { y = 2 }", "{'a':{'x':1,'y':2}}")]
    [InlineData("a = ${?b}${?c}", "{}")]
    [InlineData("a = ${?b} ${?c}", "{'a':' '}")]
    [InlineData("a = ${?b}x", "{'a':'x'}")]
    [InlineData("a = ${?b} x", "{'a':' x'}")]
    [InlineData("a = [1, ${?b}, 2]", "{'a':[1,2]}")]
    [InlineData("a = [${?b}]", "{'a':[]}")]
    [InlineData("a = [${?b}x]", "{'a':['x']}")]
    [InlineData("a = ${?b} [1]", "{'a':[1]}")]
    [InlineData("a = ${?b} { c = 1 }", "{'a':{'c':1}}")]
    [InlineData("a = ${?b}, b = 2", "{'a':2,'b':2}")]
    public void Optional_and_undefined(string text, string json) => AssertJson(text, json);

    [Theory]
    [InlineData("path = \"a:b:c\", path = ${path}\":d\"", "{'path':'a:b:c:d'}")]
    [InlineData("path = \"/bin\"\npath = ${path}\":/x\"\npath = ${path}\":/y\"", "{'path':'/bin:/x:/y'}")]
    [InlineData("path = [ /bin ], path = ${path} [ /usr/bin ]", "{'path':['/bin','/usr/bin']}")]
    [InlineData("foo : { a : 1 }, foo : ${foo}", "{'foo':{'a':1}}")]
    [InlineData("foo : { a : { c : 1 } }\nfoo : ${foo.a}\nfoo : { a : 2 }", "{'foo':{'a':2,'c':1}}")]
    [InlineData("foo : ${?foo}", "{}")]
    [InlineData("a = ${?a}foo", "{'a':'foo'}")]
    [InlineData("a = 1, a = ${?a}2", "{'a':'12'}")]
    [InlineData("a : { b : 1 }, a : { b : ${a.b}x }", "{'a':{'b':'1x'}}")]
    [InlineData("a { x = 1 }, a = ${a} { y = 2 }", "{'a':{'x':1,'y':2}}")]
    [InlineData("b { x = 1 }, a { x = 5, z = 6 }, a = ${b} { y = ${a.x} }", "{'b':{'x':1},'a':{'x':1,'z':6,'y':1}}")]
    [InlineData("bar : { foo : 42, baz : ${bar.foo} }", "{'bar':{'foo':42,'baz':42}}")]
    [InlineData("bar : { foo : 42, baz : ${bar.foo} }, bar : { foo : 43 }", "{'bar':{'foo':43,'baz':43}}")]
    [InlineData("bar : { a : ${foo.d}, b : 1 }\nbar.b = 3\nfoo : { c : ${bar.b}, d : 2 }\nfoo.d = 4",
        "{'bar':{'a':4,'b':3},'foo':{'c':3,'d':4}}")]
    [InlineData("a = 1, b = 2, a = ${b}, b = ${a}", "{'a':1,'b':1}")]
    [InlineData("x = ${y.v}, y { v = 1, w = ${x} }", "{'x':1,'y':{'v':1,'w':1}}")]
    [InlineData("a { x = 1, y = ${a.x} }, a = ${a} { x = 5 }", "{'a':{'x':5,'y':5}}")]
    [InlineData("a { p = 1 }, a = ${b}, a { k = 2 }, b = ${a.k}", "{'a':{'k':2},'b':2}")]
    [InlineData("a { k { x = 1 } }, a = ${b}, a { k { y = 2 } }, b = ${a.k}", "{'a':{'k':{'x':1,'y':2},'x':1},'b':{'x':1}}")]
    public void Self_reference_looks_back(string text, string json) => AssertJson(text, json);

    [Theory]
    [InlineData("foo = ${missing}, foo = 42", "{'foo':42}")]
    [InlineData("foo = ${foo}, foo = 42", "{'foo':42}")]
    [InlineData("a { x = ${missing} }, b { x = 1 }, c = ${d}, c { x = 2 }, d { y = 1 }, a = ${b}",
        "{'a':{'x':1},'b':{'x':1},'c':{'y':1,'x':2},'d':{'y':1}}")]
    public void Hidden_substitution_is_never_evaluated(string text, string json) => AssertJson(text, json);

    [Fact]
    public void Environment_serves_what_the_tree_does_not_define() => Assert.Equal(
        """{"a":"/root/x","n":"5","e":"","d":"dotted","p":"/root"}""",
        HoconTesting.Json(
            "a = ${HOME}/x, n = ${N}, e = ${EMPTY}, d = ${x.y}, p = ${?NONE}${HOME}",
            ("HOME", "/root"), ("N", "5"), ("EMPTY", ""), ("x.y", "dotted")));

    [Theory]
    [InlineData("HOME = null, a = ${HOME}", "{'HOME':null,'a':null}")]
    [InlineData("HOME = x, a = ${HOME}", "{'HOME':'x','a':'x'}")]
    [InlineData("HOME = ${HOME}y", "{'HOME':'/rooty'}")]
    public void Environment_yields_to_the_tree(string text, string json) =>
        Assert.Equal(json.Replace('\'', '"'), HoconTesting.Json(text, ("HOME", "/root")));

    [Theory]
    [InlineData("a = ${b}", "1:5: ${b} is not defined: neither a key of that path nor an environment variable of that name; define it, or write ${?b}.")]
    [InlineData("x = 1\na = ${x.y} # x is no object", "2:5: ${x.y} is not defined: neither a key of that path nor an environment variable of that name; define it, or write ${?x.y}.")]
    [InlineData("foo = ${foo}", "1:7: ${foo} refers to itself and has no earlier value: ${foo}; give it one, or break the circle.")]
    [InlineData("a = { b = ${a} }", "1:11: ${a} refers to itself and has no earlier value: ${a}; give it one, or break the circle.")]
    [InlineData("a = [ ${a} ]", "1:7: ${a} refers to itself and has no earlier value: ${a}; give it one, or break the circle.")]
    [InlineData("foo = ${foo}\nfoo { a = 1 }", "1:7: ${foo} refers to itself and has no earlier value: ${foo}; give it one, or break the circle.")]
    [InlineData("bar = ${foo}\nfoo = ${bar}", "2:7: ${bar} refers to itself and has no earlier value: ${foo} -> ${bar}; give it one, or break the circle.")]
    [InlineData("a = ${b}\nb = ${c}\nc = ${a}", "3:5: ${a} refers to itself and has no earlier value: ${b} -> ${c} -> ${a}; give it one, or break the circle.")]
    [InlineData("a = 1\na = ${a} { b = 1 }", "2:5: an object cannot be joined with 1, which ${a} stands for.")]
    [InlineData("a = x\na += 1", "2:6: an array cannot be joined with \"x\"; all parts must be arrays.")]
    [InlineData("b { x = 1 }\na = ${b} x", "2:5: an object cannot be joined with \"x\"; all parts must be objects.")]
    [InlineData("a = ${b}\nc = ${d}", "1:5: ${b} is not defined: neither a key of that path nor an environment variable of that name; define it, or write ${?b}.\n"
        + "2:5: ${d} is not defined: neither a key of that path nor an environment variable of that name; define it, or write ${?d}.")]
    [InlineData("a = ${b}\nb = ${c}", "2:5: ${c} is not defined: neither a key of that path nor an environment variable of that name; define it, or write ${?c}.")]
    public void Unresolvable_text_is_reported_where_it_stands(string text, string errors) =>
        Assert.Equal(errors, HoconTesting.Errors(text));

    private static void AssertJson(string text, string json) =>
        Assert.Equal(json.Replace('\'', '"'), HoconTesting.Json(text));
}

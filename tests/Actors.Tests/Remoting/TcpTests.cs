using System.Net;
using System.Net.NetworkInformation;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cascade.Actors.Remoting;
using Cascade.Actors.Remoting.Tcp;

namespace Cascade.Actors.Tests.Remoting;

/// <summary>The shell on real sockets of this machine, and real time.</summary>
public sealed class TcpTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<ActorSystem> _systems = [];

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        foreach (var system in _systems) await system.Terminate();
    }

    [Fact]
    public async Task Asks_and_failures_pass_between_two_systems()
    {
        var (a, b) = (Start("a"), Start("b"));
        var echo = a.Resolve(b.Address, "/user/echo");
        Assert.Equal("x", await echo.Ask<string>("x", Patience));
        await Assert.ThrowsAsync<DeadLetterException>(() => a.Resolve(b.Address, "/user/none").Ask<string>("x", Patience));
        await Assert.ThrowsAsync<RemoteFailureException>(() => echo.Ask<string>("fail", Patience));
    }

    [Fact]
    public async Task Concurrent_asks_both_ways_each_get_their_own_reply()
    {
        var (a, b) = (Start("a"), Start("b"));
        var (there, back) = (a.Resolve(b.Address, "/user/echo"), b.Resolve(a.Address, "/user/echo"));
        await Task.WhenAll(Enumerable.Range(0, 16).Select(n => Task.Run(async () =>
        {
            for (var i = 0; i < 500; i++) Assert.Equal((n * 1_000) + i, await (n % 2 == 0 ? there : back).Ask<int>((n * 1_000) + i, Patience));
        })));
    }

    [Fact]
    public async Task Batches_larger_than_the_sockets_buffers_arrive_whole()
    {
        var (a, b) = (Start("a"), Start("b"));
        var echo = a.Resolve(b.Address, "/user/echo");
        var bytes = new byte[3_000_000];
        new Random(1).NextBytes(bytes);
        var asks = Enumerable.Range(0, 4).Select(_ => echo.Ask<byte[]>(bytes, Patience)).ToArray();
        foreach (var ask in asks) Assert.Equal(bytes, await ask);
    }

    [Fact]
    public async Task Peer_that_ends_fails_the_open_asks()
    {
        var (a, b) = (Start("a"), Start("b"));
        var echo = a.Resolve(b.Address, "/user/echo");
        await echo.Ask<string>("x", Patience);
        var open = echo.Ask<string>("silent", Patience);
        await echo.Ask<string>("x", Patience);
        await b.System.Terminate();
        await Assert.ThrowsAsync<PeerUnreachableException>(() => open);
    }

    [Fact]
    public async Task Closed_port_fails_the_ask_promptly()
    {
        var (a, b) = (Start("a"), Start("b"));
        await b.System.Terminate();
        await Assert.ThrowsAsync<PeerUnreachableException>(() => a.Resolve(b.Address, "/user/echo").Ask<string>("x", Patience));
    }

    [Fact]
    public async Task Mutual_tls_joins_those_with_a_certificate_and_no_others()
    {
        using var ours = Certificate("ours");
        using var theirs = Certificate("theirs");
        var (a, b, stranger) = (Start("a", Tls(ours, ours)), Start("b", Tls(ours, ours)), Start("c", Tls(theirs, ours)));
        Assert.Equal("x", await a.Resolve(b.Address, "/user/echo").Ask<string>("x", Patience));
        await Assert.ThrowsAsync<PeerUnreachableException>(() => stranger.Resolve(b.Address, "/user/echo").Ask<string>("x", Patience));
        var plain = Start("d");
        await Assert.ThrowsAsync<PeerUnreachableException>(() => plain.Resolve(b.Address, "/user/echo").Ask<string>("x", Patience));
    }

    [Fact]
    public void Open_address_without_certificates_is_refused_unless_it_may_be_insecure()
    {
        var refused = Assert.Throws<InvalidOperationException>(() => new TcpTransport().Listen("0.0.0.0", 0, static _ => null));
        Assert.Contains("may be insecure", refused.Message, StringComparison.Ordinal);
        var insecure = new TcpTransport(insecure: true);
        Assert.NotEqual(0, insecure.Listen("0.0.0.0", 0, static _ => null));
        insecure.StopListening();
    }

    [Fact]
    public async Task Systems_are_joined_over_ipv6()
    {
        Assert.SkipUnless(NetworkInterface.GetAllNetworkInterfaces().Any(static net => net.GetIPProperties().UnicastAddresses.Any(
            static known => known.Address.Equals(IPAddress.IPv6Loopback))), "This machine has no IPv6.");
        var (a, b) = (Start("a", host: "[::1]"), Start("b", host: "[::1]"));
        Assert.Equal("x", await a.Resolve($"cascade://b@[::1]:{b.Address.Port}/user/echo").Ask<string>("x", Patience));
    }

    [Fact]
    public void Name_is_reached_by_ipv4_and_by_ipv6_when_it_has_no_other()
    {
        IPAddress four = new([10, 0, 0, 1]), six = IPAddress.Parse("fd00::1");
        Assert.Equal(four, TcpTransport.Choose("n", [six, four]));
        Assert.Equal(six, TcpTransport.Choose("n", [six]));
        Assert.Contains("n has no", Assert.Throws<InvalidOperationException>(() => TcpTransport.Choose("n", [])).Message, StringComparison.Ordinal);
    }

    private RemoteSystem Start(string name, RemoteTls? tls = null, string host = "127.0.0.1")
    {
        var system = ActorSystem.Create(name);
        _systems.Add(system);
        system.ActorOf(Props.Create(() => new Echo()), "echo");
        return RemoteSystem.Start(
            system, new RemoteSettings { ClusterName = "tcp", Host = host, Incarnation = 1 }, new TestCodec(), new TcpTransport(tls));
    }

    private static RemoteTls Tls(X509Certificate2 own, X509Certificate2 trusted)
    {
        bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
            certificate?.GetCertHashString() == trusted.GetCertHashString();
        return new RemoteTls(
            () => new SslServerAuthenticationOptions { ServerCertificate = own, ClientCertificateRequired = true, RemoteCertificateValidationCallback = IsTrusted },
            host => new SslClientAuthenticationOptions { TargetHost = host, ClientCertificates = [own], RemoteCertificateValidationCallback = IsTrusted });
    }

    private static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private sealed class Echo : ReceiveActor
    {
        public Echo()
        {
            Receive<string>(text =>
            {
                if (text == "fail") Sender.Tell(new Status.Failure(new InvalidOperationException("no")));
                else if (text != "silent") Sender.Tell(text);
            });
            ReceiveAny(message => Sender.Tell(message));
        }
    }
}

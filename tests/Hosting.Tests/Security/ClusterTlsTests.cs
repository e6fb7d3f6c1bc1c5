using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cascade.Hosting.Security;

namespace Cascade.Hosting.Tests.Security;

/// <summary>Real handshakes between streams in memory.</summary>
public sealed class ClusterTlsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();
    private readonly TlsFolder _folder;
    private readonly DuplexStream _near, _far;
    private readonly List<string> _refused = [];

    public ClusterTlsTests()
    {
        _folder = new TlsFolder(_time);
        (_near, _far) = DuplexStream.Connect();
    }

    public void Dispose()
    {
        _near.Dispose();
        _far.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Two_nodes_of_a_cluster_talk_by_TLS_1_3_and_know_each_other()
    {
        var accepting = AcceptAsync(_folder.Load(0));
        await using var client = await ConnectAsync(_folder.Load(1)).WaitAsync(Patience);
        await using var server = await accepting.WaitAsync(Patience);
        Assert.Equal((SslProtocols.Tls13, true, true), (server.SslProtocol, server.IsMutuallyAuthenticated, client.IsMutuallyAuthenticated));
        Assert.Equal(("CN=node1", "CN=node0"), (server.RemoteCertificate!.Subject, client.RemoteCertificate!.Subject));
        await ExchangeAsync(client, server);
        await ExchangeAsync(server, client);
    }

    [Fact]
    public async Task Peer_of_TLS_1_2_is_let_in()
    {
        var options = _folder.Load(1).ClientOptions(_refused.Add);
        options.EnabledSslProtocols = SslProtocols.Tls12;
        var (server, client) = await ShakeHandsAsync(_folder.Load(0), options);
        Assert.Equal((SslProtocols.Tls12, true), (server.SslProtocol, client.IsMutuallyAuthenticated));
        await ExchangeAsync(client, server);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Client_without_a_certificate_is_refused(SslProtocols protocol)
    {
        var reason = await RefusalOfClientAsync(null, protocol);
        Assert.Equal("the peer sent no certificate; give it cascade.remoting.tls with one that the cluster's authority signed", reason);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Client_of_another_authority_is_refused(SslProtocols protocol)
    {
        var other = _folder.Make("CN=Other", [], isAuthority: true);
        var reason = await RefusalOfClientAsync(_folder.Make("CN=node1", [TlsFolder.ServerUse, TlsFolder.ClientUse], other), protocol);
        Assert.Equal(
            $"the peer's certificate CN=node1 is not signed by the cluster's authority {_folder.Authority.Subject}, but by CN=Other; "
            + "have it signed by the authority that all nodes name as cascade.remoting.tls.ca",
            reason);
    }

    [Fact]
    public async Task Client_that_claims_the_name_of_the_authority_is_refused()
    {
        var forged = _folder.Make(_folder.Authority.Subject, [], isAuthority: true);
        Assert.Contains("CN=node1 is not signed by", await RefusalOfClientAsync(_folder.Make("CN=node1", [TlsFolder.ClientUse], forged)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Name_of_an_unknown_client_cannot_break_the_line_of_the_log()
    {
        var other = _folder.Make("CN=Other", [], isAuthority: true);
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName("a\r\ncascade: all is well\u001b[2J" + new string('x', 200));
        var reason = await RefusalOfClientAsync(_folder.Make(name.Build().Name, [TlsFolder.ClientUse], other));
        Assert.DoesNotContain(reason, char.IsControl);
        Assert.True(reason.Length < 500, reason);
    }

    [Fact]
    public async Task Server_of_another_authority_is_refused()
    {
        var other = _folder.Make("CN=Other", [], isAuthority: true);
        var reason = await RefusalOfServerAsync(_folder.Make("CN=node0", [TlsFolder.ServerUse, TlsFolder.ClientUse], other));
        Assert.StartsWith(
            $"the peer's certificate CN=node0 is not signed by the cluster's authority {_folder.Authority.Subject}, but by CN=Other; ", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Expired_client_is_refused()
    {
        var peer = _folder.Make("CN=node1", [TlsFolder.ClientUse], end: TimeSpan.FromMinutes(1));
        _time.Now += TimeSpan.FromMinutes(2);
        Assert.Equal("the peer's certificate CN=node1 expired at 2030-05-17 12:31 UTC; make a new one", await RefusalOfClientAsync(peer));
    }

    [Fact]
    public async Task Expired_server_is_refused()
    {
        var peer = _folder.Make("CN=node0", [TlsFolder.ServerUse], end: TimeSpan.FromMinutes(1));
        _time.Now += TimeSpan.FromMinutes(2);
        Assert.Equal("the peer's certificate CN=node0 expired at 2030-05-17 12:31 UTC; make a new one", await RefusalOfServerAsync(peer));
    }

    [Fact]
    public async Task Client_from_the_future_is_refused()
    {
        var peer = _folder.Make("CN=node1", [TlsFolder.ClientUse], begin: TimeSpan.FromMinutes(1));
        Assert.Equal(
            "the peer's certificate CN=node1 is not valid before 2030-05-17 12:31 UTC, and here it is 2030-05-17 12:30 UTC; set the clocks right, or wait",
            await RefusalOfClientAsync(peer));
    }

    [Theory]
    [InlineData(TlsFolder.ServerUse)]
    [InlineData("1.3.6.1.5.5.7.3.4")]
    [InlineData(null)]
    public async Task Certificate_that_is_not_made_for_clients_is_refused(string? use)
    {
        var reason = await RefusalOfClientAsync(_folder.Make("CN=node1", use is null ? [] : [use]));
        Assert.Equal(
            "the peer's certificate CN=node1 is not made for a TLS client; make one whose extended key usage names both server and client authentication",
            reason);
    }

    [Fact]
    public async Task Certificate_that_is_not_made_for_servers_is_refused()
    {
        var reason = await RefusalOfServerAsync(_folder.Make("CN=node0", [TlsFolder.ClientUse]));
        Assert.StartsWith("the peer's certificate CN=node0 is not made for a TLS server; ", reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("474554202F20485454502F312E310D0A486F73743A20636173636164650D0A0D0A")]
    [InlineData("0000001001000000000000000000000000000000")]
    [InlineData("16030100050102030405")]
    [InlineData("15030100020228")]
    public async Task Client_that_speaks_no_TLS_is_refused(string hex)
    {
        var accepting = AcceptAsync(_folder.Load(0));
        await _far.WriteAsync(Convert.FromHexString(hex));
        await _far.FlushAsync();
        var refusal = await Assert.ThrowsAsync<PeerRefusedException>(() => accepting.WaitAsync(Patience));
        Assert.StartsWith("the peer does not speak TLS, or refuses this node (", refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith("); its log says more, and all nodes need cascade.remoting.tls", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(refusal.Message, char.IsControl);
    }

    [Fact]
    public async Task Server_that_speaks_no_TLS_is_refused()
    {
        await _near.WriteAsync("220 ready\r\n"u8.ToArray());
        await _near.FlushAsync();
        var refusal = await Assert.ThrowsAsync<PeerRefusedException>(() => ConnectAsync(_folder.Load(1)).WaitAsync(Patience));
        Assert.StartsWith("the peer does not speak TLS, or refuses this node (", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Peer_that_goes_in_the_middle_is_a_broken_connection()
    {
        var accepting = AcceptAsync(_folder.Load(0));
        await _far.DisposeAsync();
        await Assert.ThrowsAsync<IOException>(() => accepting.WaitAsync(Patience));
    }

    [Fact]
    public async Task Options_for_many_connections_look_at_the_clock_at_each()
    {
        var (near, far) = DuplexStream.Connect();
        var (server, client) = (_folder.Load(0).ServerOptions(_ => { }), _folder.Load(1).ClientOptions(_refused.Add));
        await using (var first = new SslStream(near))
        await using (var peer = new SslStream(far))
        {
            await Task.WhenAll(first.AuthenticateAsServerAsync(server), peer.AuthenticateAsClientAsync(client)).WaitAsync(Patience);
            await ExchangeAsync(first, peer);
        }

        Assert.Empty(_refused);
        _time.Now += TimeSpan.FromDays(31);
        await using var second = new SslStream(_near);
        await using var again = new SslStream(_far);
        var accepting = second.AuthenticateAsServerAsync(server);
        await Assert.ThrowsAsync<AuthenticationException>(() => again.AuthenticateAsClientAsync(client).WaitAsync(Patience));
        await again.DisposeAsync();
        Assert.NotNull(await Record.ExceptionAsync(() => accepting.WaitAsync(Patience)));
        Assert.Equal("the peer's certificate CN=node0 expired at 2030-06-16 12:30 UTC; make a new one", Assert.Single(_refused));
    }

    [Fact]
    public async Task Intermediate_authority_that_the_peer_sends_is_followed()
    {
        var root = _folder.Make("CN=Root", [], isAuthority: true);
        var middle = _folder.Make("CN=Middle", [], root, isAuthority: true);
        var options = _folder.Save("far", _folder.Make("CN=far", [TlsFolder.ServerUse, TlsFolder.ClientUse], middle), middle);
        var tls = _folder.Own(ClusterTls.Load(options with { Authority = _folder.Write("root.pem", root.ExportCertificatePem()) }, _time)!);
        var (server, client) = await ShakeHandsAsync(tls, tls.ClientOptions(_refused.Add));
        await ExchangeAsync(client, server);
        Assert.Empty(_refused);
    }

    [Fact]
    public async Task While_one_authority_takes_over_from_another_the_nodes_of_both_are_let_in()
    {
        var old = _folder.Make("CN=Old", [], isAuthority: true);
        var both = _folder.Write("both.pem", _folder.Authority.ExportCertificatePem() + '\n' + old.ExportCertificatePem());
        var far = _folder.Save("far", _folder.Make("CN=far", [TlsFolder.ServerUse, TlsFolder.ClientUse], old)) with { Authority = both };
        var near = _folder.Own(ClusterTls.Load(_folder.OptionsOf(0) with { Authority = both }, _time)!);
        var (server, client) = await ShakeHandsAsync(near, _folder.Own(ClusterTls.Load(far, _time)!).ClientOptions(_refused.Add));
        await ExchangeAsync(client, server);
        Assert.Empty(_refused);
    }

    [Fact]
    public void Settings_without_files_are_no_TLS() => Assert.Null(ClusterTls.Load(TlsFolder.Options("", "", ""), _time));

    /// <summary>Why node 0 refuses a client; to which its first read is the end.</summary>
    private async Task<string> RefusalOfClientAsync(X509Certificate2? certificate, SslProtocols protocol = SslProtocols.Tls13)
    {
        var accepting = AcceptAsync(_folder.Load(0));
        await using var client = new SslStream(_far);
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "any",
            EnabledSslProtocols = protocol,
            ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, [], offline: true),
            RemoteCertificateValidationCallback = (_, server, _, _) => server is not null,
        };
        var talking = Task.Run(async () =>
        {
            await client.AuthenticateAsClientAsync(options);
            return await client.ReadAsync(new byte[1]);
        });
        var refusal = await Assert.ThrowsAsync<PeerRefusedException>(() => accepting.WaitAsync(Patience));
        await _near.DisposeAsync();
        Assert.Equal(0, await talking.WaitAsync(Patience));
        return refusal.Message;
    }

    /// <summary>Why node 1 refuses a server.</summary>
    private async Task<string> RefusalOfServerAsync(X509Certificate2 certificate)
    {
        await using var server = new SslStream(_near);
        var accepting = server.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(certificate, [], offline: true) });
        var refusal = await Assert.ThrowsAsync<PeerRefusedException>(() => ConnectAsync(_folder.Load(1)).WaitAsync(Patience));
        await Record.ExceptionAsync(() => accepting.WaitAsync(Patience));
        return refusal.Message;
    }

    private async Task<(SslStream Server, SslStream Client)> ShakeHandsAsync(ClusterTls server, SslClientAuthenticationOptions options)
    {
        var accepting = AcceptAsync(server);
        var client = _folder.Own(new SslStream(_far));
        await client.AuthenticateAsClientAsync(options).WaitAsync(Patience);
        return (_folder.Own(await accepting.WaitAsync(Patience)), client);
    }

    private Task<SslStream> AcceptAsync(ClusterTls tls) => Task.Run(() => tls.Accept(_near));

    private Task<SslStream> ConnectAsync(ClusterTls tls) => Task.Run(() => tls.Connect(_far));

    private static async Task ExchangeAsync(SslStream from, SslStream to)
    {
        var text = Encoding.UTF8.GetBytes("what the cache holds are conversations");
        await from.WriteAsync(text);
        await from.FlushAsync();
        var read = new byte[text.Length];
        await to.ReadExactlyAsync(read).AsTask().WaitAsync(Patience);
        Assert.Equal(text, read);
    }
}

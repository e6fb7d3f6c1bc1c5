using System.Net.Security;

namespace Cascade.Actors.Remoting.Tcp;

/// <summary>How connections are encrypted and both ends proved. Asked for each connection, so that certificates can be renewed while the node runs.</summary>
/// <param name="Server">For an accepted connection; should require the client's certificate.</param>
/// <param name="Client">For a connection to the host that is named; should bring the node's certificate.</param>
public sealed record RemoteTls(Func<SslServerAuthenticationOptions> Server, Func<string, SslClientAuthenticationOptions> Client);

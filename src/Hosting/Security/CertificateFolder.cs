using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cascade.Hosting.Configuration.Hocon;

namespace Cascade.Hosting.Security;

/// <summary>A certificate and its key in a folder.</summary>
/// <param name="Name">What it is for: <c>ca</c>, <c>node0</c>, ...</param>
/// <param name="Certificate">Full path of the certificate.</param>
/// <param name="Key">Full path of its key.</param>
/// <param name="Made">True when it was made now, false when it was there.</param>
/// <param name="ValidUntil">When its life ends: from then on it is refused.</param>
internal sealed record CertificateFiles(string Name, string Certificate, string Key, bool Made, DateTimeOffset ValidUntil);

/// <summary>
/// A folder with an authority and the certificates of nodes 0, 1, ... that it signed. What is there is checked and kept; only what is missing
/// is made. Nothing is ever overwritten, also when two programs fill a folder at one time.
/// </summary>
internal sealed class CertificateFolder : IDisposable
{
    private const string AuthorityName = "ca";
    private const UnixFileMode KeyMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode CertificateMode = KeyMode | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>An authority lasts ten years, so that nodes can be added to a cluster for long.</summary>
    private static readonly TimeSpan AuthorityValidity = TimeSpan.FromDays(3650);

    private readonly TimeProvider _time;
    private readonly CertificateFiles?[] _kept;
    private readonly List<string> _faults = [];
    private X509Certificate2? _authority;

    private CertificateFolder(string directory, int nodes, TimeProvider time)
    {
        Directory = directory;
        _time = time;
        _kept = new CertificateFiles?[nodes];
    }

    /// <summary>Its full path.</summary>
    public string Directory { get; }

    /// <summary>Looks at what is there, and changes nothing.</summary>
    /// <param name="directory">Full path; need not be there.</param>
    /// <param name="nodes">Nodes that are to have a certificate: 0 to this less one.</param>
    /// <param name="time">Says which certificates are valid.</param>
    /// <exception cref="CertificateException">Files are there that cannot be kept and used; one line for each.</exception>
    public static CertificateFolder Open(string directory, int nodes, TimeProvider time)
    {
        if (File.Exists(directory))
            throw new CertificateException($"'{directory}' is a file; name a directory");
        var folder = new CertificateFolder(directory, nodes, time);
        folder.FindAuthority();
        if (folder._authority is { } authority)
            folder.FindNodes(new CertificateCheck([authority], time));
        if (folder._faults.Count == 0)
            return folder;
        folder.Dispose();
        throw new CertificateException(string.Join('\n', folder._faults));
    }

    /// <summary>Makes what is missing; all that is there then, the authority first.</summary>
    /// <param name="hosts">Host names and IP addresses for the certificates that are made.</param>
    /// <param name="validity">For how long they are made; the authority's end is theirs as well.</param>
    /// <exception cref="CertificateException">A file cannot be written. What was made before stays, and the next run goes on from there.</exception>
    public IReadOnlyList<CertificateFiles> Fill(IReadOnlyCollection<string> hosts, TimeSpan validity)
    {
        try
        {
            MakeDirectory();
            var now = _time.GetUtcNow();
            var isNew = _authority is null;
            if (isNew)
            {
                var made = CertificateMaker.MakeAuthority(now, AuthorityValidity);
                Write(AuthorityName, made);
                _authority = X509Certificate2.CreateFromPem(made.CertificatePem, made.KeyPem);
            }

            List<CertificateFiles> all = [FilesOf(AuthorityName, isNew, CertificateCheck.EndOf(_authority!))];
            for (var node = 0; node < _kept.Length; node++)
                all.Add(_kept[node] ?? Write(NameOf(node), CertificateMaker.MakeNode(_authority!, NameOf(node), hosts, now, validity)));
            return all;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException(
                $"'{Directory}' cannot be filled: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}; make it writable and run this again, or name another directory", e);
        }
    }

    /// <summary>What to put into the configuration of every node: each finds its own files by its number.</summary>
    public string Settings()
    {
        string OfNode(string extension) => $"{HoconText.Quote(Path.Combine(Directory, "node"))}${{cascade.node.id}}\".{extension}\"";
        return $$"""
            cascade.remoting {
              host = "0.0.0.0"
              tls {
                certificate = {{OfNode("pem")}}
                key = {{OfNode("key")}}
                ca = {{HoconText.Quote(FilesOf(AuthorityName, false, default).Certificate)}}
              }
            }
            """;
    }

    /// <inheritdoc/>
    public void Dispose() => _authority?.Dispose();

    private static string NameOf(int node) => string.Create(CultureInfo.InvariantCulture, $"node{node}");

    private CertificateFiles FilesOf(string name, bool made, DateTimeOffset validUntil) =>
        new(name, Path.Combine(Directory, $"{name}.pem"), Path.Combine(Directory, $"{name}.key"), made, validUntil);

    private void FindAuthority()
    {
        var files = FilesOf(AuthorityName, false, default);
        var (hasCertificate, hasKey) = (Path.Exists(files.Certificate), Path.Exists(files.Key));
        if (hasCertificate != hasKey)
        {
            var missing = hasCertificate ? files.Key : files.Certificate;
            _faults.Add($"'{missing}' is not there, and without it nothing can be signed; put it back beside the other one, or name an empty directory");
        }
        else if (hasCertificate)
        {
            Try(() => _authority = ReadAuthority(files));
        }
        else
        {
            var stray = Enumerable.Range(0, _kept.Length).Select(node => FilesOf(NameOf(node), false, default))
                .SelectMany(node => (string[])[node.Certificate, node.Key]).FirstOrDefault(Path.Exists);
            if (stray is not null)
                _faults.Add($"'{stray}' is there without the '{files.Certificate}' that signed it; put ca.pem and ca.key back, or name an empty directory");
        }
    }

    private X509Certificate2 ReadAuthority(CertificateFiles files)
    {
        var all = ClusterCredentials.ReadAuthorities(files.Certificate);
        var end = CertificateCheck.EndOf(all[0]);
        try
        {
            return _time.GetUtcNow() < end
                ? PemFile.Join(all[0], files.Certificate, PemFile.ReadKeyText(files.Key), files.Key)
                : throw new CertificateException(
                    $"'{files.Certificate}': the authority expired at {Naming.Of(end)}, and all that it signed with it; make all anew in an empty directory");
        }
        finally
        {
            PemFile.Dispose(all);
        }
    }

    private void FindNodes(CertificateCheck check)
    {
        for (var node = 0; node < _kept.Length; node++)
        {
            var files = FilesOf(NameOf(node), false, default);
            var (hasCertificate, hasKey) = (Path.Exists(files.Certificate), Path.Exists(files.Key));
            if (hasCertificate != hasKey)
            {
                var (there, missing) = hasCertificate ? (files.Certificate, files.Key) : (files.Key, files.Certificate);
                _faults.Add($"'{there}' is there without '{missing}'; put that back, or move '{there}' away to have both made");
            }
            else if (hasCertificate)
            {
                var at = node;
                Try(() => _kept[at] = files with { ValidUntil = Check(files, check) });
            }
        }
    }

    /// <summary>A certificate is kept only if a node could use it: else it would be found at the start of the node.</summary>
    private static DateTimeOffset Check(CertificateFiles files, CertificateCheck check)
    {
        var certificates = PemFile.ReadCertificates(files.Certificate);
        try
        {
            if (check.FaultOfNode(certificates) is { } fault)
                throw new CertificateException($"'{files.Certificate}': the certificate {fault}, or move it and '{files.Key}' away to have both made");
            PemFile.Join(certificates[0], files.Certificate, PemFile.ReadKeyText(files.Key), files.Key).Dispose();
            return CertificateCheck.EndOf(certificates[0]);
        }
        finally
        {
            PemFile.Dispose(certificates);
        }
    }

    private void Try(Action read)
    {
        try
        {
            read();
        }
        catch (CertificateException e)
        {
            _faults.Add(e.Message);
        }
    }

    private void MakeDirectory()
    {
        if (OperatingSystem.IsWindows())
            System.IO.Directory.CreateDirectory(Directory);
        else
            System.IO.Directory.CreateDirectory(Directory, KeyMode | UnixFileMode.UserExecute);
    }

    /// <summary>The key comes first and goes again if the certificate cannot follow: so nothing is left that the next run stumbles over.</summary>
    private CertificateFiles Write(string name, MadeCertificate made)
    {
        var files = FilesOf(name, true, made.ValidUntil);
        WriteNew(files.Key, made.KeyPem, KeyMode);
        try
        {
            WriteNew(files.Certificate, made.CertificatePem, CertificateMode);
            return files;
        }
        catch
        {
            File.Delete(files.Key);
            throw;
        }
    }

    private static void WriteNew(string path, string text, UnixFileMode mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = mode;
        using var file = new FileStream(path, options);
        try
        {
            file.Write(Encoding.ASCII.GetBytes(text));
            file.Flush(flushToDisk: true);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }
}

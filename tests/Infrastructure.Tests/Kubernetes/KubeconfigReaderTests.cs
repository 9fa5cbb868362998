using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Lapse.Infrastructure.Kubernetes;
using Xunit;

namespace Lapse.Infrastructure.Tests.Kubernetes;

public sealed class KubeconfigReaderTests
{
    private static readonly (string Certificate, string Key) Pair = MakePair();

    [Fact]
    public void Read_TokenAndAuthority_AreTaken()
    {
        var address = KubeconfigReader.Read(Kubeconfig($"server: https://api.example.org:6443\n    certificate-authority-data: {Base64(Pair.Certificate)}", "token: abc.def")).Value;

        Assert.Equal(new("https://api.example.org:6443"), address.Server);
        Assert.Equal(Pair.Certificate, address.CertificateAuthority);
        Assert.Equal(new ClusterCredential.Token("abc.def"), address.Credential);
    }

    [Fact]
    public void Read_ClientCertificate_IsTaken()
    {
        var address = KubeconfigReader.Read(Kubeconfig("server: https://api", $"client-certificate-data: {Base64(Pair.Certificate)}\n    client-key-data: {Base64(Pair.Key)}")).Value;
        Assert.Equal(new ClusterCredential.ClientCertificate(Pair.Certificate, Pair.Key), address.Credential);
        Assert.Equal("", address.CertificateAuthority);
    }

    [Fact]
    public void Read_AsJson_IsTheSame()
    {
        const string json = """
            {"current-context":"a","contexts":[{"name":"a","context":{"cluster":"a","user":"a"}}],
             "clusters":[{"name":"a","cluster":{"server":"https://api/k8s/clusters/c-1"}}],"users":[{"name":"a","user":{"token":"t"}}]}
            """;
        Assert.Equal(new("https://api/k8s/clusters/c-1"), KubeconfigReader.Read(json).Value.Server);
    }

    [Fact]
    public void Read_OtherContexts_AreNotLookedAt()
    {
        var kubeconfig = Kubeconfig("server: https://api", "token: t") + "- name: other\n  user:\n    exec:\n      command: sh\n";
        Assert.True(KubeconfigReader.Read(kubeconfig).Succeeded);
    }

    [Fact]
    public void Read_OfWhoeverRunsAVerb_TakesTheFilesThatItNames()
    {
        var files = new Dictionary<string, string> { ["ca.pem"] = Pair.Certificate, ["me.pem"] = Pair.Certificate, ["me.key"] = Pair.Key, ["token"] = "abc\n" };
        Domain.Outcome<string> File(string name) => files.TryGetValue(name, out var text) ? text : new Domain.Refusal("File", $"{name} cannot be read.");

        var both = KubeconfigReader.Read(Kubeconfig("server: https://api\n    certificate-authority: ca.pem", "client-certificate: me.pem\n    client-key: me.key"), files: File).Value;
        Assert.Equal((Pair.Certificate, new ClusterCredential.ClientCertificate(Pair.Certificate, Pair.Key)), (both.CertificateAuthority, both.Credential));
        Assert.Equal(new ClusterCredential.Token("abc"), KubeconfigReader.Read(Kubeconfig("server: https://api", "tokenFile: token"), files: File).Value.Credential);
        // What is written out goes before the file; a token both ways is none.
        Assert.Equal(Pair.Certificate, KubeconfigReader.Read(Kubeconfig($"server: https://api\n    certificate-authority: no.pem\n    certificate-authority-data: {Base64(Pair.Certificate)}", "token: t"), files: File).Value.CertificateAuthority);
        Assert.False(KubeconfigReader.Read(Kubeconfig("server: https://api", "token: t\n    tokenFile: token"), files: File).Succeeded);
        Assert.Equal("no.pem cannot be read.", KubeconfigReader.Read(Kubeconfig("server: https://api\n    certificate-authority: no.pem", "token: t"), files: File).Refusal!.Message);
        // Neither does that run programs, nor weaken anything.
        Assert.Equal("Kubeconfig:exec", KubeconfigReader.Read(Kubeconfig("server: https://api", "exec: {command: sh}"), files: File).Refusal!.Code);
        Assert.Equal("Kubeconfig:insecure-skip-tls-verify", KubeconfigReader.Read(Kubeconfig("server: https://api\n    insecure-skip-tls-verify: true", "token: t"), files: File).Refusal!.Code);
    }

    [Fact]
    public void Read_OtherContext_IsTheOneThatWasAskedFor()
    {
        const string json = """
            {"current-context":"a","contexts":[{"name":"a","context":{"cluster":"a","user":"a"}},{"name":"b","context":{"cluster":"b","user":"b"}}],
             "clusters":[{"name":"a","cluster":{"server":"https://a"}},{"name":"b","cluster":{"server":"https://b"}}],"users":[{"name":"a","user":{"token":"t"}},{"name":"b","user":{"token":"u"}}]}
            """;
        Assert.Equal((new Uri("https://b"), new ClusterCredential.Token("u")), KubeconfigReader.Read(json, "b").Value is var address ? (address.Server, address.Credential) : default);
        Assert.Contains("the context “c” exactly once", KubeconfigReader.Read(json, "c").Refusal!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exec", "exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: sh")]
    [InlineData("exec", "token: t\n    exec: {command: sh}")]
    [InlineData("auth-provider", "auth-provider: {name: gcp}")]
    [InlineData("tokenFile", "tokenFile: /etc/shadow")]
    [InlineData("tokenFile", "token: t\n    tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token")]
    [InlineData("client-certificate", "client-certificate: /etc/ssl/a.pem\n    client-key-data: eA==")]
    [InlineData("client-key", "client-certificate-data: eA==\n    client-key: /root/.ssh/id_rsa")]
    [InlineData("username", "username: admin")]
    [InlineData("password", "password: admin")]
    [InlineData("as", "token: t\n    as: system:admin")]
    [InlineData("as-uid", "token: t\n    as-uid: '1'")]
    [InlineData("as-groups", "token: t\n    as-groups: [system:masters]")]
    [InlineData("as-user-extra", "token: t\n    as-user-extra: {}")]
    public void Read_UserFieldThatIsRefused_IsNamed(string field, string user) =>
        AssertRefused($"Kubeconfig:{field}", $"“{field}”", Kubeconfig("server: https://api", user));

    [Theory]
    [InlineData("proxy-url", "proxy-url: http://evil:3128")]
    [InlineData("insecure-skip-tls-verify", "insecure-skip-tls-verify: true")]
    [InlineData("insecure-skip-tls-verify", "insecure-skip-tls-verify: yes")]
    [InlineData("tls-server-name", "tls-server-name: other.example.org")]
    [InlineData("certificate-authority", "certificate-authority: /etc/ssl/ca.pem")]
    public void Read_ClusterFieldThatIsRefused_IsNamed(string field, string cluster) =>
        AssertRefused($"Kubeconfig:{field}", $"“{field}”", Kubeconfig("server: https://api\n    " + cluster, "token: t"));

    [Fact]
    public void Read_VerificationNotSkipped_IsFine() =>
        Assert.True(KubeconfigReader.Read(Kubeconfig("server: https://api\n    insecure-skip-tls-verify: false", "token: t")).Succeeded);

    [Fact]
    public void Read_FieldThatNobodyKnows_IsRefused() =>
        AssertRefused("Kubeconfig", "“run-as-root”", Kubeconfig("server: https://api", "token: t\n    run-as-root: true"));

    [Theory]
    [InlineData("server: http://api", "token: t", "ServerNotHttps")]
    [InlineData("server: api", "token: t", "ServerAddress")]
    [InlineData("server: https://user:pw@api", "token: t", "ServerAddress")]
    [InlineData("server: https://api?x=1", "token: t", "ServerAddress")]
    [InlineData("server: https://api\n    certificate-authority-data: '%%%'", "token: t", "Kubeconfig")]
    [InlineData("server: https://api\n    certificate-authority-data: aGVsbG8=", "token: t", "CertificateAuthority")]
    [InlineData("server: https://api", "token: 'a b'", "CredentialToken")]
    [InlineData("server: https://api", "token: \"a\\nb\"", "CredentialToken")]
    [InlineData("server: https://api", "token: ''", "Kubeconfig")]
    [InlineData("server: https://api", "client-certificate-data: aGVsbG8=\n    client-key-data: aGVsbG8=", "CredentialCertificate")]
    [InlineData("server: https://api", "client-certificate-data: aGVsbG8=", "Kubeconfig")]
    [InlineData("server: https://api", "token: t\n    client-certificate-data: aGVsbG8=\n    client-key-data: aGVsbG8=", "Kubeconfig")]
    [InlineData("certificate-authority-data: ''", "token: t", "Kubeconfig")]
    public void Read_ValueThatMakesNoSense_IsRefused(string cluster, string user, string code) =>
        Assert.Equal(code, KubeconfigReader.Read(Kubeconfig(cluster, user)).Refusal?.Code);

    [Fact]
    public void Read_PrivateKeyAmongTheAuthorities_IsRefused() =>
        AssertRefused("CertificateAuthority", "nothing secret", Kubeconfig($"server: https://api\n    certificate-authority-data: {Base64(Pair.Certificate + Pair.Key)}", "token: t"));

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("[]")]
    [InlineData("a: b\n---\nc: d")]
    [InlineData("{unfinished")]
    [InlineData("current-context: a")]
    [InlineData("current-context: a\ncontexts: {a: b}")]
    [InlineData("a: 1\na: 2")]
    public void Read_NotAKubeconfig_IsRefused(string text) => Assert.Equal("Kubeconfig", KubeconfigReader.Read(text).Refusal?.Code);

    [Fact]
    public void Read_ClusterThatIsThereTwice_IsRefused() =>
        AssertRefused("Kubeconfig", "exactly once", Kubeconfig("server: https://api\n- name: sandbox\n  cluster:\n    server: https://other", "token: t"));

    [Fact]
    public void Read_AliasesThatGrow_AreRefusedAtOnce()
    {
        var bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (var i = 1; i < 40; i++) bomb.Append(System.Globalization.CultureInfo.InvariantCulture, $"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n");
        AssertRefused("Kubeconfig", "aliases", bomb.ToString());
    }

    [Fact]
    public void Read_DeepNesting_IsRefused() => AssertRefused("Kubeconfig", "too deep", new string('[', 100_000));

    [Fact]
    public void Read_ManyNodes_IsRefused() => AssertRefused("Kubeconfig", "too large", "[" + string.Concat(Enumerable.Repeat("a,", 50_000)) + "a]");

    [Fact]
    public void Read_LongText_IsRefused() => AssertRefused("Kubeconfig", "more than", new string('#', KubeconfigReader.Longest + 1));

    [Fact]
    public void Read_Tag_IsRefused() => AssertRefused("Kubeconfig", "tags", "current-context: !!binary aGVsbG8=");

    private static void AssertRefused(string code, string words, string kubeconfig)
    {
        var refusal = KubeconfigReader.Read(kubeconfig).Refusal;
        Assert.Equal(code, refusal?.Code);
        Assert.Contains(words, refusal?.Message, StringComparison.Ordinal);
    }

    private static string Kubeconfig(string cluster, string user) => $"""
        apiVersion: v1
        kind: Config
        current-context: sandbox
        contexts:
        - name: sandbox
          context:
            cluster: sandbox
            user: admin
        clusters:
        - name: sandbox
          cluster:
            {cluster}
        users:
        - name: admin
          user:
            {user}

        """;

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static (string Certificate, string Key) MakePair()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddHours(1));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}

using System.Globalization;
using System.Text;
using Lapse.Infrastructure.Rbac.Manifests;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary>Manifests that are broken, or made to break whoever reads them: each is a gap with its place, and what stands beside it is read.</summary>
public sealed class BadManifestTests : IDisposable
{
    private const string Role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\n";
    private const string Binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\n";

    private readonly ManifestFolder _folder = new();

    [Theory]
    [InlineData("a: [b", 3, "not YAML")]
    [InlineData("a: b\n  c: d", 4, "not YAML")]
    [InlineData("{{ .Values.role }}\nkind: Role", 4, "not YAML")]
    [InlineData("rules: [*nobody]", 3, "alias")]
    [InlineData("rules: &a [*a]", 3, "alias")]
    [InlineData("- 1", 3, "no object")]
    [InlineData("just words", 3, "no object")]
    [InlineData("kind: Role\nmetadata: {name: x}", 3, "no apiVersion")]
    [InlineData("apiVersion: v1\nmetadata: {name: x}", 3, "no kind")]
    [InlineData("apiVersion: [v1]\nkind: Role", 3, "where a text belongs")]
    [InlineData(Role + "rules:\n- {verbs: [get], verbs: [list]}", 7, "stands twice")]
    [InlineData(Role + "rules:\n- {verbs: get}", 7, "where a list belongs")]
    [InlineData(Role + "rules:\n- {verbs: [1]}", 7, "where a text belongs")]
    [InlineData(Role + "rules:\n- get", 7, "where a map belongs")]
    [InlineData(Role + "rules: {verbs: [get]}", 6, "where a list belongs")]
    [InlineData(Role + "rules:\n- {verb: [get]}", 7, "no field")]
    [InlineData("apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: 5}", 5, "a number where a text belongs")]
    [InlineData("apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {}", 5, "no name")]
    [InlineData("apiVersion: rbac.authorization.k8s.io/v1\nkind: Role", 3, "no metadata")]
    [InlineData("apiVersion: rbac.authorization.k8s.io/v7\nkind: Role\nmetadata: {name: x}", 3, "not known")]
    [InlineData("apiVersion: rbac.authorization.k8s.io/v1\nkind: SuperRole\nmetadata: {name: x}", 3, "no kind")]
    [InlineData("apiVersion: authorization.openshift.io/v1\nkind: ClusterRole\nmetadata: {name: x}", 3, "is not read")]
    [InlineData(Binding, 3, "no roleRef")]
    [InlineData(Binding + "roleRef: {kind: Role, name: x}", 6, "refuses")]
    [InlineData(Binding + "roleRef: {kind: ClusterRole}", 6, "no name")]
    [InlineData(Binding + "roleRef: {kind: ClusterRole, name: x}\nsubjects:\n- {kind: Robot, name: x}", 8, "refuses")]
    [InlineData(Binding + "roleRef: {kind: ClusterRole, name: x}\nsubjects: [{kind: User}]", 7, "no name")]
    [InlineData("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}", 3, "without the spec")]
    public void Read_BrokenDocument_IsAGapAndTheOthersAreRead(string broken, int line, string why)
    {
        var reading = ManifestFolder.Read("# before\n---\n" + broken + "\n---\n" + ManifestFolder.Account);

        var gap = Assert.Single(reading.State.Gaps);
        Assert.StartsWith("standard input, document 1, line ", gap.What, StringComparison.Ordinal);
        Assert.Equal(line, reading.GapPlaces[gap.What].Line);
        Assert.Contains(why, gap.Why, StringComparison.Ordinal);
        Assert.Equal("ServiceAccount shop/ok", Assert.Single(reading.State.ServiceAccounts).Reference);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# only a comment\n")]
    [InlineData("---\n---\n# nothing\n---\n...\n")]
    [InlineData("%YAML 1.2\n---\n")]
    [InlineData("null\n")]
    public void Read_EmptyDocuments_AreNothing(string text)
    {
        var reading = ManifestFolder.Read(text);

        Assert.True(reading.IsEmpty);
        Assert.Empty(reading.State.Gaps);
        Assert.Single(ManifestFolder.Read(text + "---\n" + ManifestFolder.Account).State.ServiceAccounts);
    }

    [Fact]
    public void Read_UnknownKinds_ArePassedOverAndCounted()
    {
        var reading = ManifestFolder.Read("apiVersion: example.com/v1\nkind: Widget\nspec: {rules: 5}\n---\nimage: {tag: 1}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: y}\n");

        Assert.Empty(reading.State.Gaps);
        Assert.Equal([("example.com/v1 Widget", 1), ("no object of Kubernetes", 1), ("v1 ConfigMap", 2)], reading.PassedOver.Select(one => (one.Key, one.Value)));
    }

    [Fact]
    public void Read_ABadItemOfAList_LeavesTheOthers()
    {
        const string items = """[5, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": 7}}, {"kind": "X", "kind": "Y"}, {"metadata": {}}, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "ok"}}]""";

        foreach (var text in (string[])[$$"""{"apiVersion": "v1", "kind": "List", "items": {{items}}}""", $"apiVersion: v1\nkind: List\nitems: {items}\n"])
        {
            var reading = ManifestFolder.Read(text);
            Assert.Equal(3, reading.State.Gaps.Length);
            Assert.Single(reading.State.ServiceAccounts);
        }
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{a: ", "}")]
    [InlineData("[", "")]
    public void Read_TenThousandLevelsOfYaml_AreAGap(string open, string close)
    {
        var deep = "apiVersion: v1\nkind: X\na: " + string.Concat(Enumerable.Repeat(open, 10_000)) + string.Concat(Enumerable.Repeat(close, 10_000));

        var reading = ManifestFolder.Read(deep + "\n---\n" + ManifestFolder.Account);

        Assert.Contains("deeper", Assert.Single(reading.State.Gaps).Why, StringComparison.Ordinal);
        Assert.Single(reading.State.ServiceAccounts);
    }

    [Fact]
    public void Read_TenThousandLevelsOfBlocks_AreAGap()
    {
        var deep = string.Concat(Enumerable.Range(0, 10_000).Select(level => new string(' ', level) + "a:\n"));

        var reading = ManifestFolder.Read(deep + "---\n" + ManifestFolder.Account);

        Assert.Contains("deeper", Assert.Single(reading.State.Gaps).Why, StringComparison.Ordinal);
        Assert.Single(reading.State.ServiceAccounts);
    }

    [Fact]
    public void Read_TenThousandLevelsOfJson_AreAGapAndWhatFollowsIsRead()
    {
        var deep = new string('[', 10_000) + new string(']', 10_000);
        var reading = ManifestFolder.Read("{\"apiVersion\": \"v1\", \"kind\": \"X\", \"a\": " + deep + "} {\"apiVersion\": \"v1\", \"kind\": \"ServiceAccount\", \"metadata\": {\"name\": \"ok\"}}");

        Assert.Contains("deeper", Assert.Single(reading.State.Gaps).Why, StringComparison.Ordinal);
        Assert.Single(reading.State.ServiceAccounts);
    }

    [Fact]
    public void Read_DeepSchema_IsPassedOver()
    {
        var schema = string.Concat(Enumerable.Repeat("{properties: {spec: ", 100)) + "x" + string.Concat(Enumerable.Repeat("}}", 100));

        Assert.Empty(ManifestFolder.Read($"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {schema}\n").State.Gaps);
    }

    [Fact]
    public void Read_AliasesOfAliases_AreRefusedInsteadOfUnfolded()
    {
        var bomb = new StringBuilder("apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nl0: &l0 [x, x, x, x, x, x, x, x, x]\n");
        for (var level = 1; level < 12; level++) bomb.Append(CultureInfo.InvariantCulture, $"l{level}: &l{level} [{string.Join(", ", Enumerable.Repeat($"*l{level - 1}", 9))}]\n");

        var reading = ManifestFolder.Read(bomb + "---\n" + ManifestFolder.Account);

        Assert.Contains("values in one object", Assert.Single(reading.State.Gaps).Why, StringComparison.Ordinal);
        Assert.Single(reading.State.ServiceAccounts);
    }

    [Fact]
    public void Read_FiftyMegabytesOfJson_StayWithinAFewTimesThat()
    {
        const string item = """{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "r", "namespace": "n"}, "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}""";
        var text = new StringBuilder("""{"apiVersion": "v1", "items": [""");
        var one = "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"c\"}, \"data\": {\"a\": \"" + new string('x', 4000) + "\"}},";
        while (text.Length < 50 * 1024 * 1024) text.Append(one);
        text.Append(item).Append("""], "kind": "List"}""");
        var file = _folder.Write("big.json", text.ToString());
        text.Clear();
        var before = GC.GetTotalAllocatedBytes();

        var reading = ManifestReader.Read(file).Value;

        // Everything that was ever allocated, much of it long gone: the file, its texts, and the little that is kept.
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 400L * 1024 * 1024);
        Assert.Empty(reading.State.Gaps);
        Assert.Single(reading.State.Roles);
    }

    [Fact]
    public void Read_FiftyMegabytesInOneYamlText_ArePassedOver()
    {
        var file = _folder.Write("big.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  a: |\n" + string.Concat(Enumerable.Repeat("    " + new string('x', 250) + "\n", 200_000)) + "---\n" + ManifestFolder.Account);

        var reading = ManifestReader.Read(file).Value;

        Assert.Empty(reading.State.Gaps);
        Assert.Single(reading.State.ServiceAccounts);
    }

    [Fact]
    public void Read_FileBeyondTheLimit_IsAGapAndTheOthersAreRead()
    {
        // Without content, so that it takes no room.
        using (var big = File.Create(Path.Combine(_folder.Path, "a.yaml"))) big.SetLength(ManifestLimits.LargestFile + 1);
        _folder.Write("b.yaml", ManifestFolder.Account);

        var reading = _folder.Read();

        Assert.Equal("a.yaml", Path.GetFileName(Assert.Single(reading.State.Gaps).What));
        Assert.Contains("512 MiB", reading.State.Gaps[0].Why, StringComparison.Ordinal);
        Assert.Single(reading.State.ServiceAccounts);
    }

    [Fact]
    public void Read_BytesThatAreNoUtf8_AreAGapOfTheirDocument()
    {
        _folder.Write("a.yaml", [.. "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: \""u8, 0xC3, 0x28, .. "\"}\n---\n"u8, .. Encoding.UTF8.GetBytes(ManifestFolder.Account)]);
        _folder.Write("b.json", [.. """{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": """u8, (byte)'"', 0xC3, 0x28, .. "\"}}"u8]);

        var reading = _folder.Read();

        Assert.Equal(2, reading.State.Gaps.Length);
        Assert.All(reading.State.Gaps, gap => Assert.Contains("not UTF-8", gap.Why, StringComparison.Ordinal));
        Assert.Equal("ServiceAccount shop/ok", Assert.Single(reading.State.ServiceAccounts).Reference);
    }

    [Fact]
    public void Read_ByteOrderMarks_AreNotPartOfTheText()
    {
        foreach (var (encoding, name) in (IEnumerable<(Encoding, string)>)[(Encoding.UTF8, "8"), (Encoding.Unicode, "16"), (Encoding.BigEndianUnicode, "16b"), (Encoding.UTF32, "32")])
        {
            var text = ManifestFolder.Account.Replace("name: ok", "name: ok" + name, StringComparison.Ordinal);
            _folder.Write(name + ".yaml", [.. encoding.GetPreamble(), .. encoding.GetBytes(text)]);
        }

        _folder.Write("json.json", [.. Encoding.UTF8.GetPreamble(), .. """{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "json"}}"""u8]);

        var reading = _folder.Read();

        Assert.Empty(reading.State.Gaps);
        Assert.Equal(5, reading.State.ServiceAccounts.Length);
    }

    [Fact]
    public void Read_LinksInACircle_EndAndNothingIsReadTwice()
    {
        _folder.Write("real/a.yaml", ManifestFolder.Account);
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "real", "up"), "..");
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "again"), "real");
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "b.yaml"), Path.Combine("again", "a.yaml"));

        var reading = _folder.Read();

        Assert.Empty(reading.State.Gaps);
        Assert.Equal(1, reading.Files);
        Assert.Single(reading.State.ServiceAccounts);
    }

    [Fact]
    public void Read_LinksThatLeadNowhereOrOut_AreGaps()
    {
        using var outside = new ManifestFolder();
        var file = outside.Write("secret.yaml", ManifestFolder.Account);
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "self.yaml"), "self.yaml");
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "gone.yaml"), "nothing.yaml");
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "out.yaml"), file);
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "outfolder"), outside.Path);

        var reading = _folder.Read();

        Assert.Equal(0, reading.Files);
        Assert.Equal(["gone.yaml", "out.yaml", "outfolder", "self.yaml"], reading.State.Gaps.Select(gap => Path.GetFileName(gap.What)).Order(StringComparer.Ordinal));
    }

    public void Dispose() => _folder.Dispose();
}

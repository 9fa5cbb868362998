using System.CommandLine;
using Lapse.Domain.Rbac;

namespace Lapse.Portal.Hosting.Commands.Rbac;

/// <summary>The options that say what is asked for.</summary>
internal sealed class RbacQuestionOptions
{
    private readonly Option<string> _verb = new("--verb") { Description = "Such as get, list, create or deletecollection.", Required = true };
    private readonly Option<string?> _resource = new("--resource") { Description = "The plural, such as pods, or pods/log with a subresource." };
    private readonly Option<string?> _group = new("--api-group") { Description = "The API group, such as apps; the core group if left out." };
    private readonly Option<string?> _namespace = new("--namespace", "-n") { Description = "The namespace; without it, the whole cluster or what lives outside of namespaces." };
    private readonly Option<string?> _name = new("--name") { Description = "The name of one object." };
    private readonly Option<string?> _url = new("--url") { Description = "A path that is no resource, such as /metrics, instead of --resource." };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_verb, _resource, _group, _namespace, _name, _url]) command.Add(option);
        command.Validators.Add(result =>
        {
            var (resource, url) = (result.GetValue(_resource), result.GetValue(_url));
            if (string.IsNullOrEmpty(resource) == string.IsNullOrEmpty(url)) result.AddError("Either --resource or --url is needed, not both.");
            else if (resource is null && (result.GetValue(_group) ?? result.GetValue(_namespace) ?? result.GetValue(_name)) is not null) result.AddError("--url goes with neither --api-group, --namespace nor --name.");
            if (result.GetResult(_verb) is { } && string.IsNullOrEmpty(result.GetValue(_verb))) result.AddError("--verb is empty.");
        });
    }

    public AccessQuestion Read(ParseResult parsed)
    {
        var verb = parsed.GetRequiredValue(_verb);
        return parsed.GetValue(_url) is { Length: > 0 } url
            ? AccessQuestion.ForUrl(verb, url)
            : AccessQuestion.For(verb, parsed.GetValue(_group) ?? "", parsed.GetValue(_resource)!, parsed.GetValue(_name) ?? "", parsed.GetValue(_namespace) ?? "");
    }
}

/// <summary>The options that say who asks.</summary>
internal sealed class RbacRequesterOptions
{
    private readonly Option<string> _user = new("--as") { Description = "The user name; system:serviceaccount:NAMESPACE:NAME for a ServiceAccount.", Required = true };
    private readonly Option<string[]> _groups = new("--as-group") { Description = "A group of the user; may be given several times. Those that the API server adds by itself are added." };

    public void AddTo(Command command)
    {
        command.Add(_user);
        command.Add(_groups);
    }

    public Requester Read(ParseResult parsed) => Requester.Of(parsed.GetRequiredValue(_user), parsed.GetValue(_groups) ?? []);
}

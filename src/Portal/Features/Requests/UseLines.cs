using Lapse.Domain.Rbac;

namespace Lapse.Portal.Features.Requests;

/// <summary>The exact lines for a terminal by which access is used.</summary>
public static class UseLines
{
    /// <summary>A question that the cluster answers with “yes” while the access works, without its namespace.</summary>
    /// <returns><see langword="null"/> if the rules allow nothing that can be asked.</returns>
    public static string? Check(RoleRules rules, bool clusterWide)
    {
        if (ProbeQuestion.For(rules, clusterWide) is not { } question) return null;
        if (!question.IsResource) return $"auth can-i {question.Verb} {question.NonResourceUrl}";
        var resource = question.ApiGroup.Length == 0 ? question.Resource : $"{question.Resource}.{question.ApiGroup}";
        var name = question.Name.Length == 0 ? "" : $"/{question.Name}";
        var sub = question.Subresource.Length == 0 ? "" : $" --subresource={question.Subresource}";
        return $"auth can-i {question.Verb} {resource}{name}{sub}";
    }

    /// <summary>A whole line, in one namespace or in all.</summary>
    /// <param name="namespaceName">The namespace; <see langword="null"/> means cluster-wide.</param>
    /// <param name="rest">What follows.</param>
    public static string Kubectl(string? namespaceName, string rest) => namespaceName is null ? $"kubectl {rest}" : $"kubectl --namespace {namespaceName} {rest}";
}

using Lapse.Domain.Access;
using Lapse.Domain.Workflows;
using Lapse.Portal.Authentication;

namespace Lapse.Portal.Features.Requests;

/// <summary>Who may read a request: reasons and tickets are not for everybody.</summary>
public static class RequestVisibility
{
    /// <summary>The requester always; of a submitted one also those who approve it in any stage, admins and auditors.</summary>
    public static bool MaySee(AccessRequest request, WorkflowVersion workflow, CurrentPerson person) =>
        request.RequesterId == person.Id
        || (request.SubmittedAt is not null && (person.SeesEverything || workflow.Stages.Any(s => s.MayBeDecidedBy(person.Session.Groups))));
}

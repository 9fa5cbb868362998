using Lapse.Portal.Features.Catalogue;
using Lapse.Portal.Features.Requests;

namespace Lapse.Portal.Features;

/// <summary>Registers what the developer's pages read.</summary>
public static class PageQueries
{
    /// <summary>Adds the queries of catalogue, requests and home.</summary>
    public static IServiceCollection AddDeveloperPages(this IServiceCollection services) => services
        .AddSingleton<IPageQuery<CatalogueAsk, CatalogueView>, CatalogueQuery>()
        .AddSingleton<IPageQuery<NewRequestAsk, NewRequestView>, NewRequestQuery>()
        .AddSingleton<IPageQuery<RequestThreadAsk, RequestThreadView>, RequestThreadQuery>();
}

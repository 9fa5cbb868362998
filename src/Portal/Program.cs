using Lapse.Portal.Hosting;

return await CommandLine.InvokeAsync(args);

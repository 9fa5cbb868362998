# The portal as an image, and a second one with the whole sandbox for docker-compose.yml.
#
#   docker build --target portal  -t lapse .
#   docker build --target sandbox -t lapse-sandbox .

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /lapse
# Packages first: they change less often than the code.
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig Portal.sln ./
COPY src/Domain/*.csproj src/Domain/packages.lock.json src/Domain/
COPY src/Infrastructure/*.csproj src/Infrastructure/packages.lock.json src/Infrastructure/
COPY src/Portal/*.csproj src/Portal/packages.lock.json src/Portal/
COPY migrations/*.csproj migrations/packages.lock.json migrations/
RUN dotnet restore src/Portal --locked-mode
COPY . .
RUN dotnet publish src/Portal --configuration Release --no-restore --output /portal

FROM build AS sandbox
RUN dotnet build sandbox/Sandbox.slnf && mkdir /data /cluster && chown app:app /data /cluster
ENV LAPSE_DATA=/data DOTNET_CLI_HOME=/tmp
USER app
ENTRYPOINT ["dotnet", "sandbox/Runner/bin/Debug/net10.0/lapse-sandbox.dll"]
CMD ["up"]

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS portal
WORKDIR /lapse
COPY --from=build /portal .
ENV ASPNETCORE_URLS=http://+:8080
EXPOSE 8080
USER app
ENTRYPOINT ["dotnet", "lapse.dll"]

# Sourced by ./run.sh and ./lapse.

# Says what is missing when there is no .NET SDK 10.
require_dotnet() {
  if ! command -v dotnet >/dev/null; then
    echo "lapse: the .NET SDK 10 is missing; install the package dotnet-sdk-10.0 and try again." >&2
    return 1
  fi
  if ! dotnet --list-sdks | grep -q '^10\.'; then
    echo "lapse: dotnet is here, but no SDK 10 (dotnet --list-sdks shows what is); install the package dotnet-sdk-10.0 and try again." >&2
    return 1
  fi
}

# Builds the portal and the sandbox unless nothing changed since the last time. All output goes to standard error.
# A folder that is newer counts too: something in it was removed or renamed.
build_if_changed() {
  local root=$1
  local stamp=$root/artifacts/built
  if [ -f "$stamp" ] &&
    [ -f "$root/sandbox/Runner/bin/Debug/net10.0/lapse-sandbox.dll" ] &&
    [ -f "$root/sandbox/IdentityProvider/bin/Debug/net10.0/lapse-sandbox-provider.dll" ] &&
    [ -f "$root/src/Portal/bin/Debug/net10.0/lapse.dll" ] &&
    [ -z "$(find "$root/src" "$root/sandbox" "$root/migrations" "$root"/*.props "$root/global.json" \
      \( -name bin -o -name obj \) -prune -o -newer "$stamp" -print -quit)" ]; then
    return 0
  fi
  require_dotnet
  echo "Building Lapse (about half a minute the first time)" >&2
  mkdir -p "$root/artifacts"
  # What changes while it builds is built the next time.
  local started
  started=$(mktemp "$root/artifacts/built.XXXXXX")
  if ! dotnet build "$root/sandbox/Sandbox.slnf" --nologo -v quiet -clp:NoSummary >&2; then
    rm -f "$started"
    echo "lapse: the build failed; its messages are above." >&2
    return 1
  fi
  mv "$started" "$stamp"
}

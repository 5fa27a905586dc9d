# Sourced by what walks the console in Chromium, in the top folder of the repository.

installed_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome || true; }

# Finds Chromium and the npm packages of the walks, or installs them, and exports CHROMIUM and PACKAGES. Where that is not
# possible it says what is missing, and returns 77.
find_browser() {
    export PACKAGES=target/browser
    mkdir -p "$PACKAGES"
    export CHROMIUM=${CHROMIUM:-$(installed_chromium)}
    if [ -z "$CHROMIUM" ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        { apt-get update && apt-get install -y --no-install-recommends chromium fonts-liberation; } >"$PACKAGES/install.log" 2>&1 || true
        CHROMIUM=$(installed_chromium)
    fi
    [ -n "$CHROMIUM" ] || { echo "== browser: skipped, there is no Chromium"; return 77; }
    command -v npm >/dev/null || { echo "== browser: skipped, there is no npm"; return 77; }
    [ -d "$PACKAGES/node_modules/axe-core" ] || npm install --prefix "$PACKAGES" --no-save --no-audit --no-fund --loglevel=error \
        playwright-core@1.65 axe-core@4.14 >"$PACKAGES/install.log" 2>&1 ||
        { echo "== browser: skipped, its packages cannot be installed"; return 77; }
}

# Walks the console that is deployed to an emulator: walk_deployed CONSOLE_URL FOLDER, where FOLDER gets screenshots of what
# fails. AWS_ENDPOINT_URL is the emulator, MUSTER_KEY a key that may import. Returns 77 where something is missing.
walk_deployed() {
    find_browser || return
    command -v openssl >/dev/null || { echo "== browser: skipped, there is no openssl"; return 77; }
    rm -rf "$2"
    mkdir -p "$2"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=console" -keyout "$2/key.pem" -out "$2/certificate.pem" 2>"$2/openssl.log" ||
        { cat "$2/openssl.log"; return 1; }
    CONSOLE="$1" KEY="$MUSTER_KEY" WORK="$2" node tests/browser/deployed.mjs
}

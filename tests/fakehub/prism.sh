#!/bin/sh
# Starts the fake with a validating proxy in front: Stoplight's prism judges every request and every
# answer by GitHub's description, so that the fake is not judged by itself alone.
#
#   tests/fakehub/prism.sh [ARGUMENT OF fakehub]...
#   tests/fakehub/prism.sh --upstream URL
#
# Prints what fakehub prints, then one line `{"proxy":URL}` once the proxy answers (about 4 s), and
# serves until standard input ends. With --upstream it is only the proxy in front of a fake that runs
# already. REST goes through the proxy; GraphQL, git and /api/v3 go to fakehub itself. A request or
# answer that breaches the description is answered by prism with 422 or 500 and
# `"type":"https://stoplight.io/prism/errors#..."`, naming each field.
#
# FAKEHUB: the program (default target/debug/fakehub). FAKEHUB_TOOLS_DIR: where the npm packages of
# tests/package.json are installed (default target/npm). Exit: fakehub's own; 2 no start.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$here/../..
tools=${FAKEHUB_TOOLS_DIR:-$root/target/npm}
fakehub=${FAKEHUB:-$root/target/debug/fakehub}
if ! cmp -s "$here/../package-lock.json" "$tools/package-lock.json" || [ ! -d "$tools/node_modules/@stoplight/prism-cli" ]; then
    mkdir -p "$tools"
    cp "$here/../package.json" "$here/../package-lock.json" "$tools/"
    (cd "$tools" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund >&2) || exit 2
fi

work=$(mktemp -d)
mkfifo "$work/in"
: >"$work/prism.log"
server=
proxy=
# One process each, by its number; the rest is files.
trap 'for one in $server $proxy; do kill "$one" 2>/dev/null || true; done; rm -rf "$work"' EXIT
port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
public=http://127.0.0.1:$port

# GitHub answers 401, 403, 429 and 5xx anywhere, though its description names them in few places; a
# default response says so to prism.
# The program below is node's: the shell expands nothing in it.
# shellcheck disable=SC2016
node -e '
const fs = require("fs");
const [from, to] = process.argv.slice(1);
const api = JSON.parse(fs.readFileSync(from, "utf8"));
const schema = { $ref: "#/components/schemas/basic-error" };
for (const methods of Object.values(api.paths))
  for (const operation of Object.values(methods))
    operation.responses.default = { description: "", content: { "application/json": { schema } } };
fs.writeFileSync(to, JSON.stringify(api));
' "$here/openapi/github.json" "$work/github.json"

if [ "${1:-}" = --upstream ]; then
    url=$2
    exec 3<>"$work/in"
else
    "$fakehub" --public-url "$public" "$@" <"$work/in" >"$work/out" &
    server=$!
    exec 3>"$work/in"
    tries=0
    until [ -s "$work/out" ]; do
        if ! kill -0 "$server" 2>/dev/null || [ "$tries" -ge 100 ]; then
            exit 2
        fi
        tries=$((tries + 1))
        sleep 0.1
    done
    cat "$work/out"
    url=$(sed -n 's/.*"url":"\(http:[^"]*\)".*/\1/p' "$work/out")
fi

"$tools/node_modules/.bin/prism" proxy --host 127.0.0.1 --port "$port" --errors \
    "$work/github.json" "$url" </dev/null 3>&- >"$work/prism.log" 2>&1 &
proxy=$!
tries=0
until grep -q 'Prism is listening' "$work/prism.log"; do
    if ! kill -0 "$proxy" 2>/dev/null || [ "$tries" -ge 300 ]; then
        cat "$work/prism.log" >&2
        exit 2
    fi
    tries=$((tries + 1))
    sleep 0.1
done
printf '{"proxy":"%s"}\n' "$public"

cat >/dev/null
exec 3>&-
status=0
if [ -n "$server" ]; then
    wait "$server" || status=$?
    server=
fi
exit "$status"

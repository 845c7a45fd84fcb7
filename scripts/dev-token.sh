#!/bin/sh
# Prints a token of the dev issuer of `npm start`: for `npm run verify`.
set -eu
if [ $# -lt 2 ]; then
  echo "Usage: sh scripts/dev-token.sh TOKEN_URL USER [ROLE...]" >&2
  exit 2
fi
url=$1 user=$2
shift 2
roles=$(printf '"%s",' "$@")
[ $# -gt 0 ] || roles=
curl -sSf -d "{\"userId\":\"$user\",\"roles\":[${roles%,}]}" "$url" | sed 's/.*"token":"\([^"]*\)".*/\1/'

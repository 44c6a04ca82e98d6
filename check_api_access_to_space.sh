#!/usr/bin/env bash
# List the spaces that the token can see, and the key of SPACE_NAME. Requires curl and jq; only reads.
# Settings: CONF_CLOUD_ID or CONF_BASE_URL, CONF_USER, CONF_API_TOKEN, SPACE_NAME (optional),
# CONF_AUTH=bearer. Exit codes: 0 visible, 2 settings or tools missing, 3 rejected or not visible,
# 4 unreachable.
set -euo pipefail

fail() { # code, message
  printf 'check_api_access_to_space.sh: %s\n' "$2" >&2
  exit "$1"
}

for tool in curl jq; do
  command -v "$tool" >/dev/null || fail 2 "$tool is not installed"
done
[ -n "${CONF_BASE_URL:-}${CONF_CLOUD_ID:-}" ] || fail 2 "CONF_CLOUD_ID (or CONF_BASE_URL) is not set"
[ -n "${CONF_API_TOKEN:-}" ] || fail 2 "CONF_API_TOKEN is not set"
root=${CONF_BASE_URL:-https://api.atlassian.com/ex/confluence/$CONF_CLOUD_ID}
root=${root%/}

# Credentials are passed to curl on standard input, so that no process list shows them.
if [ "${CONF_AUTH:-basic}" = bearer ]; then
  credentials() { printf 'header = "Authorization: Bearer %s"\n' "$(quoted "$CONF_API_TOKEN")"; }
else
  [ -n "${CONF_USER:-}" ] || fail 2 "CONF_USER is not set"
  credentials() { printf 'user = "%s:%s"\n' "$(quoted "$CONF_USER")" "$(quoted "$CONF_API_TOKEN")"; }
fi
quoted() { printf '%s' "$1" | sed 's/[\\"]/\\&/g'; }

get() { # path: prints the body, then the status on a line of its own
  credentials | curl --silent --show-error --max-time 60 --retry 3 --config - \
    --header 'Accept: application/json' --write-out '\n%{http_code}' "$root$1" ||
    fail 4 "cannot reach $root"
}

answer=$(get /wiki/rest/api/user/current)
status=${answer##*$'\n'}
case $status in
  200) ;;
  401 | 403 | 404)
    fail 3 "credentials rejected ($status): check CONF_USER, the token's expiry date and scopes, and \
the cloud ID (a scoped token works with CONF_CLOUD_ID only)" ;;
  *) fail 4 "Confluence responded with HTTP $status" ;;
esac
printf 'Signed in as: %s\n' "$(jq -r '.displayName // .email // "unknown"' <<<"${answer%$'\n'*}")"

spaces='[]'
next='/wiki/api/v2/spaces?limit=250'
while [ -n "$next" ]; do
  answer=$(get "$next")
  status=${answer##*$'\n'}
  case $status in
    200) ;;
    401 | 403 | 404) fail 3 "listing the spaces was refused ($status): check the token's scopes" ;;
    *) fail 4 "Confluence responded with HTTP $status to the list of spaces" ;;
  esac
  body=${answer%$'\n'*}
  spaces=$(jq -n --argjson seen "$spaces" --argjson body "$body" '$seen + $body.results')
  link=$(jq -r '._links.next // empty' <<<"$body")
  case $link in # the link lacks the gateway's prefix; only its query is used
    '') next='' ;;
    *) next="/wiki/api/v2/spaces?${link#*\?}" ;;
  esac
done

printf '%-12s %s\n' KEY NAME
jq -r '.[] | [.key, .name] | @tsv' <<<"$spaces" | while IFS=$'\t' read -r key name; do
  printf '%-12s %s\n' "$key" "$name"
done
[ "$spaces" != '[]' ] || fail 3 "no space is visible to this account"
if [ -n "${SPACE_NAME:-}" ]; then
  keys=$(jq -r --arg name "$SPACE_NAME" '.[] | select(.name == $name) | .key' <<<"$spaces")
  [ -n "$keys" ] || fail 3 "no space named '$SPACE_NAME' is visible to this account"
  printf "Key of '%s': %s\n" "$SPACE_NAME" "$(paste -sd ' ' <<<"$keys")"
fi

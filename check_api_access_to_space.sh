#!/usr/bin/env bash
# List the spaces that the token can see, and the key of SPACE_NAME. Requires curl and jq; only reads.
# Settings, from the environment or the .env file beside this script: CONF_CLOUD_ID or CONF_BASE_URL,
# CONF_USER, CONF_API_TOKEN or CONF_API_TOKEN_FILE, CONF_AUTH=bearer, SPACE_NAME (optional).
# Exit codes: 0 visible, 2 settings or tools missing, 3 rejected or not visible, 4 unreachable.
set -euo pipefail

fail() { # code, message
  printf 'check_api_access_to_space.sh: %s\n' "$2" >&2
  exit "$1"
}

trim() { # text: prints it without blanks and a byte-order mark around it
  local text=${1#$'\xef\xbb\xbf'}
  text=${text#"${text%%[![:space:]]*}"}
  printf '%s' "${text%"${text##*[![:space:]]}"}"
}

read_dotenv() { # file: sets what is not set yet
  local line name value
  case $(head -c 2 "$1" | od -An -tx1) in *'ff fe'* | *'fe ff'*) # UTF-16
    fail 2 "$1 is not UTF-8 text: save it as UTF-8" ;;
  esac
  while IFS= read -r line || [ -n "$line" ]; do
    line=$(trim "$line")
    line=${line#export }
    name=$(trim "${line%%=*}") value=$(trim "${line#*=}")
    case $name in
      CONF_CLOUD_ID | CONF_BASE_URL | CONF_USER | CONF_API_TOKEN | CONF_API_TOKEN_FILE) ;;
      CONF_AUTH | SPACE_NAME) ;;
      *) continue ;;
    esac
    case $value in
      \"*\" | \'*\') value=${value:1:${#value}-2} ;;
      *) value=$(trim "${value%%[[:space:]]#*}") ;;
    esac
    [ -n "${!name+set}" ] || printf -v "$name" '%s' "$value"
  done <"$1"
}

here=${BASH_SOURCE[0]%/*}
[ "$here" != "${BASH_SOURCE[0]}" ] || here=. # called as `bash check_api_access_to_space.sh`
dotenv=$here/.env
[ ! -f "$dotenv" ] || read_dotenv "$dotenv"
if [ -z "${CONF_API_TOKEN:-}" ] && [ -n "${CONF_API_TOKEN_FILE:-}" ]; then
  if [ ! -r "$CONF_API_TOKEN_FILE" ] || [ -d "$CONF_API_TOKEN_FILE" ]; then
    # The value may be the token: it is not shown.
    fail 2 "CONF_API_TOKEN_FILE cannot be read: it must be the path of a file that holds the token"
  fi
  # Not more: a device would never end.
  CONF_API_TOKEN=$(trim "$(head -c 10000 "$CONF_API_TOKEN_FILE" | tr -d '\0')")
fi

problems=''
for tool in curl jq; do
  command -v "$tool" >/dev/null || problems+="; $tool is not installed"
done
[ -n "${CONF_BASE_URL:-}${CONF_CLOUD_ID:-}" ] ||
  problems+='; CONF_CLOUD_ID (or CONF_BASE_URL) is not set'
CONF_AUTH=${CONF_AUTH:-basic}
CONF_AUTH=${CONF_AUTH,,}
case $CONF_AUTH in basic | bearer) ;; *) problems+='; CONF_AUTH must be one of basic, bearer' ;; esac
[ -n "${CONF_USER:-}" ] || [ "$CONF_AUTH" = bearer ] || problems+='; CONF_USER is not set'
[ -n "${CONF_API_TOKEN:-}" ] || problems+='; CONF_API_TOKEN is not set'
for name in CONF_CLOUD_ID CONF_BASE_URL CONF_USER CONF_API_TOKEN; do
  printf -v "$name" '%s' "$(trim "${!name:-}")"
  case ${!name:-} in
    \"*\" | \'*\') problems+="; $name is in quotes: remove them" ;;
    replace-me) problems+="; $name is still the example's: write the value in its place" ;;
    # A second line would be a line of curl's settings.
    *[[:cntrl:]]*) problems+="; $name must be a single line without control characters" ;;
  esac
done
hex='[0-9a-fA-F]'
if [ -z "${CONF_BASE_URL:-}" ] && [ -n "${CONF_CLOUD_ID:-}" ] &&
  { [[ ! $CONF_CLOUD_ID =~ ^$hex{8}(-$hex{4}){3}-$hex{12}$ ]] || [[ $CONF_CLOUD_ID =~ ^[0-]*$ ]]; }; then
  problems+="; CONF_CLOUD_ID must be the site's ID, as https://SITE.atlassian.net/_edge/tenant_info shows it"
fi
host=${CONF_BASE_URL#*://}
case ${host%%[/?#]*} in *@*) problems+='; CONF_BASE_URL must be a URL without user and password' ;; esac
case ${CONF_BASE_URL:-https://} in https://* | http://*) ;;
  *) problems+='; CONF_BASE_URL must start with https:// or http://' ;;
esac
[ -z "$problems" ] || fail 2 "${problems#; }"
root=${CONF_BASE_URL:-https://api.atlassian.com/ex/confluence/$CONF_CLOUD_ID}
site=${root#*://} # up to /wiki, from the address of anything in the site
site=${site%%[?#]*}/
site=${site%%/wiki/*}
root=${root%%://*}://${site%/}

# Credentials are passed to curl on standard input, so that no process list shows them.
quoted() { printf '%s' "$1" | sed 's/[\\"]/\\&/g'; }
if [ "$CONF_AUTH" = bearer ]; then
  credentials() { printf 'header = "Authorization: Bearer %s"\n' "$(quoted "$CONF_API_TOKEN")"; }
else
  credentials() { printf 'user = "%s:%s"\n' "$(quoted "$CONF_USER")" "$(quoted "$CONF_API_TOKEN")"; }
fi

body=$(mktemp)
trap 'rm -f "$body"' EXIT

get() { # path, what is asked, what a refusal calls for: leaves the JSON answer in $body
  local status sentence
  status=$(credentials | curl --silent --show-error --max-time 60 --retry 3 \
    --retry-max-time 120 --max-filesize 64000000 --config - \
    --header 'Accept: application/json' --output "$body" --write-out '%{http_code}' "$root$1") ||
    fail 4 "cannot reach $root"
  sentence=$(jq -r '.message // .errors[0]?.title // .errorMessages[0]? // empty | .[:200]
    | gsub("[[:cntrl:]]"; " ")' "$body" 2>/dev/null) || sentence=''
  sentence=${sentence//"$CONF_API_TOKEN"/***}
  case $status in
    200) jq -e 'type == "object"' "$body" >/dev/null 2>&1 || fail 4 "$root sent no JSON to $2: a \
login page or a proxy may have answered; check CONF_BASE_URL" ;;
    401 | 403 | 404) fail 3 "$2 was refused ($status${sentence:+: $sentence}): check $3" ;;
    3??) fail 4 "$root redirects $2: check CONF_BASE_URL (a login page does not accept tokens)" ;;
    *) fail 4 "Confluence responded with HTTP $status to $2" ;;
  esac
}

get /wiki/rest/api/user/current 'the sign-in' "CONF_USER, the token's expiry date, its scope \
read:confluence-user and the cloud ID (a token with scopes works with CONF_CLOUD_ID only)"
jq -e '.type != "anonymous"' "$body" >/dev/null || fail 3 "credentials rejected: Confluence treats \
them as an anonymous visitor; the token has expired, was revoked, or does not belong to CONF_USER"
printf 'Signed in as: %s\n' \
  "$(jq -r '.displayName // .email // "unknown" | tostring | gsub("[[:cntrl:]]"; " ")' "$body")"

spaces='' # a line each: key, name, archived or nothing
seen='' next='/wiki/api/v2/spaces?limit=250'
while [ -n "$next" ]; do
  case $seen in *" $next "*) fail 4 "the list of spaces of $root does not end" ;; esac
  seen+=" $next "
  get "$next" 'the list of spaces' "the token's scope read:space:confluence"
  spaces+=$(jq -r '.results[] | [.key, .name, if .status == "archived" then "(archived)" else "" end]
    | map(gsub("[[:cntrl:]]"; " ")) | @tsv' "$body" 2>/dev/null)$'\n' ||
    fail 4 "$root sent no list of spaces: check CONF_BASE_URL, and try again"
  link=$(jq -r '._links.next // empty' "$body")
  case $link in # the link lacks the gateway's prefix; only its query is used
    '') next='' ;;
    *) next="/wiki/api/v2/spaces?${link#*\?}" ;;
  esac
done
spaces=$(sed '/^$/d' <<<"$spaces")
[ -n "$spaces" ] || fail 3 'no space is visible to this account'

printf '%-12s %s\n' KEY NAME
while IFS=$'\t' read -r key name state; do
  printf '%-12s %s\n' "$key" "$name${state:+ $state}"
done <<<"$spaces"
if [ -n "${SPACE_NAME:-}" ]; then
  keys=$(jq -rR --arg name "$SPACE_NAME" \
    '[split("\t")[] | gsub("\\\\\\\\"; "\\")] | select(.[1] == $name) | .[0]' <<<"$spaces")
  [ -n "$keys" ] || fail 3 "no space named '$SPACE_NAME' is visible to this account"
  printf "Key of '%s': %s\n" "$SPACE_NAME" "$(paste -sd ' ' <<<"$keys")"
fi

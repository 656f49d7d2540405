# Helpers of the scripts in tools/: where things are, and telling what is being done.
# Use:  . "$(dirname "$0")/lib.sh"

set -euo pipefail

flow_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
flow_started=${FLOW_STARTED:-$(date +%s)}
export FLOW_STARTED=$flow_started
flow_jobs=${FLOW_JOBS:-$(nproc)}
# What was compiled in one checkout is found again in another.
export CCACHE_BASEDIR=$flow_root CCACHE_NOHASHDIR=1

if [ -t 1 ]; then
  flow_tty=1 flow_bold=$'\e[1m' flow_green=$'\e[32m' flow_red=$'\e[31m' flow_dim=$'\e[2m'
  flow_plain=$'\e[0m'
else
  flow_tty='' flow_bold='' flow_green='' flow_red='' flow_dim='' flow_plain=''
fi

elapsed() {
  local s=$(($(date +%s) - flow_started))
  printf '%2d:%02d' $((s / 60)) $((s % 60))
}

# A line that says what begins now, with the time since the first script started.
step() { printf '%s[%s]%s %s%s%s\n' "$flow_dim" "$(elapsed)" "$flow_plain" "$flow_bold" "$*" "$flow_plain"; }
note() { printf '        %s\n' "$*"; }
good() { printf '%s[%s] %s%s\n' "$flow_green" "$(elapsed)" "$*" "$flow_plain"; }
fail() {
  printf '%s[%s] %s%s\n' "$flow_red" "$(elapsed)" "$*" "$flow_plain" >&2
  exit 1
}

# Runs a command with its output in a file; shows the end of the file only if it fails.
quietly() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  if ! "$@" >"$log" 2>&1 </dev/null; then
    tail -n 60 "$log" >&2
    fail "failed: $* (all of its output: $log)"
  fi
}

# Shows what ninja and ctest say: "[12/345] Building x" and "12/345 Test #3: x ... Passed" as one
# moving line on a terminal, else one line every ten seconds; failures and all else as they come.
progress() {
  local line last=0 now open=''
  while IFS= read -r line; do
    if [[ $line =~ ^\[?\ *([0-9]+)/([0-9]+)(\]|\ Test\ .*\ Passed\ ) ]]; then
      if [ -n "$flow_tty" ]; then
        printf '\r\e[K        %.*s' $((${COLUMNS:-100} - 10)) "$line"
        open=1
      else
        now=$(date +%s)
        if ((now - last >= 10)) || [ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]; then
          note "$line"
          last=$now
        fi
      fi
    elif [[ ! $line =~ ^\ +Start\ +[0-9]+: ]]; then
      if [ -n "$open" ]; then printf '\r\e[K'; fi
      open=''
      printf '%s\n' "$line"
    fi
  done
  if [ -n "$open" ]; then printf '\r\e[K'; fi
}

#!/bin/sh
# Sets a node's network up for many small sends, looks again and again whether
# that still stands, and says what it changed. Needs sh, cat and sleep.
#   SYSCTLS           file of lines name=value
#   RPS_CPUS          CPUs as 0-3,8 that handle received packets; empty: left alone
#   INTERVAL_SECONDS  how often to look; 0: once, and end with 1 if something failed
set -u
PROC_SYS=${PROC_SYS:-/proc/sys}
SYS_NET=${SYS_NET:-/sys/class/net}
failures=0

say() { echo "node-tuning: $*"; }

fail() {
  failures=$((failures + 1))
  echo "node-tuning: FAILED: $*" >&2
}

# write FILE VALUE NAME WAS
write() {
  if (echo "$2" >"$1") 2>/dev/null; then
    say "$3: $4 -> $2"
  else
    fail "$3: $1 does not take $2"
  fi
}

sysctls() {
  while IFS='=' read -r name value; do
    rest=$name
    file=$PROC_SYS
    while [ "$rest" != "${rest#*.}" ]; do
      file=$file/${rest%%.*}
      rest=${rest#*.}
    done
    file=$file/$rest
    if [ ! -e "$file" ]; then
      fail "$name: this kernel has no $file"
      continue
    fi
    was=$(cat "$file")
    if [ "$was" != "$value" ]; then write "$file" "$value" "$name" "$was"; fi
  done <"$SYSCTLS"
}

# mask LIST: its CPUs as the kernel writes them, 32 a word, the highest word first.
mask() {
  list=$1,
  words=0
  while [ -n "$list" ]; do
    range=${list%%,*}
    list=${list#*,}
    cpu=${range%-*}
    while [ "$cpu" -le "${range#*-}" ]; do
      while [ "$words" -le $((cpu / 32)) ]; do
        eval "word$words=0"
        words=$((words + 1))
      done
      eval "word$((cpu / 32))=\$((word$((cpu / 32)) | 1 << cpu % 32))"
      cpu=$((cpu + 1))
    done
  done
  text=
  while [ "$words" -gt 0 ]; do
    words=$((words - 1))
    eval "word=\$word$words"
    text=$text${text:+,}$(printf '%08x' "$word")
  done
  echo "$text"
}

# bare MASK: without what only fills up, so that two can be compared.
bare() {
  left=$1
  while [ "$left" != "${left#[0,]}" ]; do left=${left#[0,]}; done
  echo "$left"
}

rps() {
  if [ -z "$RPS_CPUS" ]; then return; fi
  wanted=$(mask "$RPS_CPUS")
  if [ -z "$(bare "$wanted")" ]; then
    fail "RPS_CPUS: $RPS_CPUS holds no CPU"
    return
  fi
  for card in "$SYS_NET"/*; do
    # Bridges and pods' pairs have no device: their packets were spread at the card.
    if [ ! -e "$card/device" ]; then continue; fi
    for file in "$card"/queues/rx-*/rps_cpus; do
      if [ ! -e "$file" ]; then continue; fi
      was=$(cat "$file")
      if [ "$(bare "$was")" != "$(bare "$wanted")" ]; then
        write "$file" "$wanted" "${file#"$SYS_NET"/}" "$was"
      fi
    done
  done
}

trap 'exit 0' TERM INT
while :; do
  sysctls
  rps
  if [ "$INTERVAL_SECONDS" -eq 0 ]; then break; fi
  # In the background, because a shell hears no signal while it waits for a command.
  sleep "$INTERVAL_SECONDS" &
  wait $!
done
if [ "$failures" -gt 0 ]; then exit 1; fi

#!/usr/bin/env bash
# Runs a command for as long as our stdin is open. Whoever started us holds the
# other end of it, so the command ends with them, however they end.
set -u
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
trap 'kill -TERM "$child" 2>/dev/null' TERM INT
(
  while read -r -u 3 _; do :; done
  kill -KILL "$child"
) >/dev/null 2>&1 &
watcher=$!
# A signal to us ends `wait` before the command has ended.
while kill -0 "$child" 2>/dev/null; do
  wait "$child"
  code=$?
done
kill "$watcher" 2>/dev/null
exit "${code:-0}"

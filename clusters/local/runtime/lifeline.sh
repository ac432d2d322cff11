#!/bin/sh
# Runs a program for as long as standard input stays open: lifeline.sh GRACE PROGRAM [ARGUMENT ...]
# When whoever holds the other end closes it, or dies in any way, the program gets SIGTERM, and SIGKILL after GRACE
# seconds, or after as many as a line of that input said. So no process is ever left behind.
grace=$1
shift
exec 3<&0
"$@" </dev/null 3<&- &
program=$!
# The shell's own remarks are no words of the program.
exec 2>/dev/null
(
  while read -r said <&3; do grace=$said; done
  kill -TERM "$program"
  left=$((grace * 10))
  while [ "$left" -gt 0 ] && kill -0 "$program"; do
    sleep 0.1
    left=$((left - 1))
  done
  kill -KILL "$program"
) >/dev/null &
watcher=$!
wait "$program"
status=$?
kill "$watcher"
exit "$status"

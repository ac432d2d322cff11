#!/bin/sh
# Refuses, in GitLab's words, what a protected branch does not take. Nobody rewrites or deletes one: history cannot show
# that it was rewritten, so this is the one rule that the branches themselves cannot prove. Who pushes over HTTP has an
# access level, which must suffice; who pushes by path is on the machine itself and has none.
refuse() {
  echo "GitLab: $1"
  exit 1
}
level=${SLIPWAY_ACCESS_LEVEL-}
tab=$(printf '\t')
zero() { case "$1" in *[!0]*) return 1 ;; esac; }
lets() { [ "$1" != 0 ] && [ "$level" -ge "$1" ]; }

while read -r old new ref; do
  case "$ref" in refs/heads/*) branch=${ref#refs/heads/} ;; *) continue ;; esac
  # Of several rules that match, the most permissive counts.
  rules=no pushes=no merges=no forces=no
  while IFS=$tab read -r pattern push merge force id; do
    # shellcheck disable=SC2254 # It is a pattern: GitLab's wildcard is the shell's.
    case "$branch" in $pattern) rules=yes ;; *) continue ;; esac
    if [ "$force" = true ]; then forces=yes; fi
    if [ -z "$level" ] || lets "${push:-40}"; then pushes=yes; fi
    if [ -n "$level" ] && lets "${merge:-40}"; then merges=yes; fi
  done <protected-branches
  [ $rules = yes ] || continue
  if zero "$new"; then
    [ -z "$level" ] || [ "$level" -ge 40 ] ||
      refuse "You are not allowed to delete protected branches from this project. Only a project maintainer or owner can delete a protected branch."
    refuse "You can only delete protected branches using the web interface."
  fi
  if zero "$old"; then
    [ $pushes = yes ] && continue
    [ $merges = yes ] && refuse "You can only create protected branches using the web interface and API."
    refuse "You are not allowed to create protected branches on this project."
  fi
  [ $forces = yes ] || git merge-base --is-ancestor "$old" "$new" ||
    refuse "You are not allowed to force push code to a protected branch on this project."
  [ $pushes = yes ] || refuse "You are not allowed to push code to protected branches on this project."
done

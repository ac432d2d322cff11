#!/bin/sh
# Refuses to rewrite or delete a protected branch, in GitLab's words. History cannot show that it was rewritten, so
# this is the one rule that the branches themselves cannot prove.
while read -r old new ref; do
  grep -qxF "${ref#refs/heads/}" protected-branches || continue
  case "$old" in *[!0]*) ;; *) continue ;; esac
  case "$new" in
    *[!0]*) ;;
    *)
      echo "GitLab: You can only delete protected branches using the web interface."
      exit 1
      ;;
  esac
  if ! git merge-base --is-ancestor "$old" "$new"; then
    echo "GitLab: You are not allowed to force push code to a protected branch on this project."
    exit 1
  fi
done

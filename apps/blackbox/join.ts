/**
 * Makes one file of the modules that were gathered: the blackbox exporter reads one. A fragment is a whole file of its
 * own, in which `modules:` stands alone in the first line and everything else beneath it; one that the exporter would
 * refuse, by itself or beside the others, is left out and said.
 *
 * Arguments: where fragments are gathered, the file, a folder of its own, the exporter's program and address, and how
 * many seconds to wait between two looks; 0 looks once.
 */
export const join = `
gathered=$1 file=$2 own=$3 exporter=$4 server=$5 pause=$6
# As the first process of a container it would not hear it.
trap 'exit 0' TERM
say() { printf '{"level":"%s","message":"%s","file":"%s"}\\n' "$1" "$2" "$3" >&2; }
good() { "$exporter" --config.check --config.file="$1" > "$own/why" 2>&1; }
join() {
  echo 'modules: {}' > "$own/joined"
  for fragment in "$gathered"/*.yaml; do
    [ -f "$fragment" ] || continue
    cp "$fragment" "$own/fragment" || continue
    echo 'It has to be modules alone.' > "$own/why"
    if [ "$(head -n 1 "$own/fragment")" = 'modules:' ] &&
      ! tail -n +2 "$own/fragment" | grep -q '^[^ ]' && good "$own/fragment"; then
      { grep -v '^modules: {}$' "$own/joined"; [ -s "$own/any" ] || echo 'modules:'; tail -n +2 "$own/fragment"; } > "$own/next"
      if good "$own/next"; then
        mv "$own/next" "$own/joined"
        echo 1 > "$own/any"
        continue
      fi
    fi
    say error refused "\${fragment##*/}"
    cat "$own/why" >&2
  done
}
mkdir -p "$own"
reload=1
while :; do
  before=$(cat "$own/all" 2> /dev/null)
  cat "$gathered"/*.yaml > "$own/all" 2> /dev/null
  if [ -n "$reload" ] || [ "$(cat "$own/all")" != "$before" ]; then
    : > "$own/any"
    join
    mv "$own/joined" "$file"
    reload=1
    # It may not have started yet, and is asked again then.
    wget -q -O - --post-data= "$server/-/reload" && reload=
  fi
  [ "$pause" = 0 ] && break
  sleep "$pause"
done
`;

/**
 * Takes the rules that were gathered to where Prometheus reads them, one file after the other: Prometheus reads all of
 * its rules or none, and does not start with one that it cannot read, whoever wrote it. What `promtool` refuses stays
 * outside, what stood there before stays, and a series says how many files that are. Both folders end with the pod.
 *
 * Arguments: where files are gathered, where they are installed, a folder of its own, Prometheus' address, and how many
 * seconds to wait between two looks; 0 looks once.
 */
export const install = `
gathered=$1 installed=$2 own=$3 server=$4 pause=$5
# As the first process of a container it would not hear it.
trap 'exit 0' TERM
say() { printf '{"level":"%s","message":"%s","file":"%s"}\\n' "$1" "$2" "$3"; }
mkdir -p "$own/seen" "$own/refused"
reload=1
while :; do
  for file in "$gathered"/*.yaml; do
    [ -f "$file" ] || continue
    name=\${file##*/}
    cmp -s "$file" "$own/seen/$name" && continue
    cp "$file" "$own/seen/$name" || continue
    if why=$(promtool check rules "$own/seen/$name" 2>&1); then
      cp "$own/seen/$name" "$own/next" && mv "$own/next" "$installed/$name"
      rm -f "$own/refused/$name"
      say info installed "$name"
    else
      : > "$own/refused/$name"
      say error refused "$name"
      printf '%s\\n' "$why" >&2
    fi
    reload=1
  done
  for file in "$own/seen"/*.yaml; do
    [ -f "$file" ] || continue
    name=\${file##*/}
    [ -f "$gathered/$name" ] && continue
    rm -f "$file" "$installed/$name" "$own/refused/$name"
    say info removed "$name"
    reload=1
  done
  if [ -n "$reload" ]; then
    refused=$(ls "$own/refused" | wc -l)
    cat > "$own/next" <<END
groups:
  - name: slipway-refused
    rules:
      - record: slipway:rules_refused:files
        expr: vector($((refused)))
END
    mv "$own/next" "$installed/slipway-refused.yaml"
    # It may not have started yet, and is asked again then.
    wget -q -O - --post-data= "$server/-/reload" && reload=
  fi
  [ "$pause" = 0 ] && break
  sleep "$pause"
done
`;

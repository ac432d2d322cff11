/**
 * Takes the rules that were gathered to where Prometheus reads them, one file after the other: Prometheus reads all of
 * its rules or none, and does not start with one that it cannot read, whoever wrote it. What `promtool` refuses stays
 * outside, and what stood there before stays. Series say how many files are there, how many are refused, and when all
 * were gathered last, which somebody else watches: the rules that come with Prometheus itself.
 *
 * They are installed on the volume: only of rules that Prometheus finds when it starts does it know again what fired
 * before, and since when. Until all was gathered once, nothing that this pod has not seen is taken away.
 *
 * Arguments: where files are gathered, where they are installed, a folder of its own, Prometheus' address, and how many
 * seconds to wait between two looks; 0 looks once.
 */
export const install = `
gathered=$1 installed=$2 own=$3 server=$4 pause=$5
# As the first process of a container it would not hear it.
trap 'exit 0' TERM
say() { printf '{"level":"%s","message":"%s","file":"%s"}\\n' "$1" "$2" "$3"; }
mkdir -p "$installed" "$own/seen" "$own/refused"
reload=1 told=
while :; do
  for file in "$gathered"/*.yaml; do
    [ -f "$file" ] || continue
    name=\${file##*/}
    cmp -s "$file" "$own/seen/$name" && continue
    cp "$file" "$own/seen/$name" || continue
    if why=$(promtool check rules "$own/seen/$name" 2>&1); then
      cp "$own/seen/$name" "$installed/$name.new" && mv "$installed/$name.new" "$installed/$name"
      rm -f "$own/refused/$name"
      say info installed "$name"
    else
      : > "$own/refused/$name"
      say error refused "$name"
      printf '%s\\n' "$why" >&2
    fi
    reload=1
  done
  for file in "$own/seen"/*.yaml "$installed"/*.yaml; do
    [ -f "$file" ] || continue
    name=\${file##*/}
    [ "$name" = slipway-refused.yaml ] || [ -f "$gathered/$name" ] && continue
    [ -f "$own/seen/$name" ] || [ -f "$gathered/gathered" ] || continue
    rm -f "$own/seen/$name" "$installed/$name" "$own/refused/$name"
    say info removed "$name"
    reload=1
  done
  # Every ten minutes it is another: Prometheus has to read it again.
  at=0 kept=0
  if [ -f "$gathered/gathered" ]; then
    at=$(($(date -r "$gathered/gathered" +%s) / 600 * 600))
    kept=$(cat "$gathered/gathered")
  fi
  [ "$at $kept" = "$told" ] || reload=1
  if [ -n "$reload" ]; then
    refused=$(ls "$own/refused" | wc -l)
    files=$(ls "$installed" | grep -v '^slipway-refused' | grep -c '\\.yaml$')
    cat > "$installed/slipway-refused.new" <<END
groups:
  - name: slipway-refused
    rules:
      - record: slipway:rules_refused:files
        expr: vector($((refused + kept)))
      - record: slipway:rules_installed:files
        expr: vector($((files)))
      - record: slipway:rules_gathered:timestamp_seconds
        expr: vector($((at)))
END
    mv "$installed/slipway-refused.new" "$installed/slipway-refused.yaml"
    told="$at $kept"
    # It may not have started yet, and is asked again then.
    wget -q -O - --post-data= "$server/-/reload" && reload=
  fi
  [ "$pause" = 0 ] && break
  sleep "$pause"
done
`;

/**
 * Runs before Prometheus starts, by the image that will read them: what it would refuse, and then not start, goes.
 *
 * Arguments: where rules are installed.
 */
export const sift = `
for file in "$1"/*.yaml; do
  [ -f "$file" ] || continue
  promtool check rules "$file" > /dev/null && continue
  printf '{"level":"error","message":"removed","file":"%s"}\\n' "\${file##*/}"
  rm -f "$file"
done
`;

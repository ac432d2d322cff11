import type { Store } from '../../generators/model/app.ts';

/** Makes of a dump the append-only files that Redis starts from; once for each mark, and again where it was cut off. */
export const script = `set -eu
data=$1 dump=$2 mark=$3
work=$data/restoring
if [ -e "$data/restored-$mark" ]; then echo "restored to $mark before: nothing to do"; exit 0; fi
rm -rf "$work" && mkdir "$work" && cp "$dump" "$work/dump.rdb"
redis-check-rdb "$work/dump.rdb"
redis-server --port 0 --unixsocket "$work/socket" --dir "$work" --save '' --appendonly no &
server=$!
ask() { redis-cli -s "$work/socket" "$@"; }
until [ "$(ask ping 2>&1)" = PONG ]; do kill -0 "$server"; sleep 0.2; done
ask config set appendonly yes
until ask info persistence | grep -q '^aof_rewrite_in_progress:0'; do sleep 0.2; done
ask info persistence | grep -q '^aof_last_bgrewrite_status:ok'
ask shutdown nosave || true
wait "$server"
if [ -e "$data/appendonlydir" ]; then mv "$data/appendonlydir" "$data/appendonlydir-before-$mark"; fi
mv "$work/appendonlydir" "$data/appendonlydir"
: > "$data/restored-$mark"
sync
rm -rf "$work"
echo "restored to $mark"
`;

const rclone = 'docker.io/rclone/rclone:1.75.1@sha256:45401ad7410db1d67ffdb58e19059ad20b0d8e0285a60e38bbec55cc1019c7a5';

/**
 * Brings Redis back to what was backed up at a time: `in: { production: restoring('example-slipway-production', '2026-11-21') }`
 * in `app.ts`, merged and promoted like any change. What stood there stays beside it, as `appendonlydir-before-<time>`.
 * Later starts find that it was done; take the line out when all is well.
 * @param bucket where `redis-backup` puts its dumps
 * @param at the day, or the time in RFC 3339: the newest version of that moment is meant
 */
export const restoring = (bucket: string, at: string) =>
  ({
    before: [
      {
        name: 'fetch',
        image: rclone,
        args: ['copyto', `store:${bucket}/redis/dump.rdb`, '/data/fetched.rdb', '--s3-version-at', at],
        env: {
          RCLONE_CONFIG: '/tmp/rclone.conf',
          RCLONE_CONFIG_STORE_TYPE: 's3',
          RCLONE_CONFIG_STORE_PROVIDER: 'AWS',
          RCLONE_CONFIG_STORE_ENV_AUTH: 'true',
          RCLONE_CONFIG_STORE_REGION: 'eu-central-1',
        },
      },
      {
        name: 'restore',
        command: ['sh', '/etc/redis/restore.sh', '/data', '/data/fetched.rdb', at.replace(/[^A-Za-z0-9.-]+/g, '-')],
      },
    ],
    files: { '/etc/redis/restore.sh': script },
    scratch: { '/tmp': '16Mi' },
    outside: [443],
    identity: 'redis-backup',
  }) satisfies NonNullable<Store['in']>[string];

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../eventually.fixture.ts';
import { freePort } from '../redis.fixture.ts';
import { Refusal } from './refusal.ts';
import type { Scratch } from './scratch.ts';
import { environmentOf, type Side } from './side.ts';

/** Where the programs of the peer are. */
export type Peer = { gunicorn: string; nginx: string };

const FOLDER = join(import.meta.dirname, 'peer');
const WORKERS = 2;

/** As most set it up, by the deployment pages of all three; or as somebody does who measures. */
export type Tuning = 'as documented' | 'tuned';

/** Threads keep the connections of nginx open; the workers it has otherwise close each after one answer. */
const THREADS = ['--worker-class', 'gthread', '--threads', '4', '--keep-alive', '75'];

/** @throws {Refusal} with the last that it said */
function run(command: string, args: readonly string[], cwd: string): void {
  const { error, status, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (error) throw new Refusal(`${command} cannot be run here: ${error.message}`);
  if (status !== 0) throw new Refusal(`${command} ${args.join(' ')} failed: ${stderr.trim().slice(-300)}`);
}

/** Debian's package, unpacked and not installed: installed, it would start a server on port 80. */
function unpackNginx(folder: string): string {
  mkdirSync(folder, { recursive: true });
  run('apt-get', ['download', 'nginx'], folder);
  const file = readdirSync(folder).find((name) => name.endsWith('.deb')) ?? '';
  run('dpkg', ['-x', file, folder], folder);
  return join(folder, 'usr/sbin/nginx');
}

const runs = (command: string): boolean => spawnSync(command, ['-v']).status === 0;

/**
 * Builds the peer into the user's cache folder, once for each list of versions.
 * @throws {Refusal} why it cannot be built
 */
export function buildPeer(say: (line: string) => void): Peer {
  const requirements = join(FOLDER, 'requirements.txt');
  const versions = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'counter-bench');
  const venv = join(cache, `python-${versions}`);
  if (!existsSync(join(venv, 'built'))) {
    say(`building Flask and gunicorn in ${venv}`);
    rmSync(venv, { recursive: true, force: true });
    mkdirSync(cache, { recursive: true });
    run('python3', ['-m', 'venv', venv], cache);
    run(join(venv, 'bin/pip'), ['install', '--quiet', '--no-deps', '--requirement', requirements], cache);
    writeFileSync(join(venv, 'built'), '');
  }
  const unpacked = join(cache, 'nginx/usr/sbin/nginx');
  const nginx = ['nginx', '/usr/sbin/nginx', unpacked].find(runs) ?? unpackNginx(join(cache, 'nginx'));
  if (!runs(nginx)) throw new Refusal('nginx does not run here: apt-get install nginx.');
  return { gunicorn: join(venv, 'bin/gunicorn'), nginx };
}

/** Without a log of every request either way; tuned, it keeps its connections to gunicorn. */
const nginxConfig = (dir: string, port: number, socket: string, tuning: Tuning): string => `daemon off;
worker_processes ${WORKERS};
pid ${dir}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `  ${name}_temp_path ${dir}/${name};`).join('\n')}
  upstream counter {
    server unix:${socket} fail_timeout=0;
    ${tuning === 'tuned' ? 'keepalive 32;' : ''}
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://counter;
      ${tuning === 'tuned' ? 'proxy_http_version 1.1; proxy_set_header Connection "";' : 'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;'}
      proxy_set_header Host $host;
    }
  }
}
`;

/**
 * Starts gunicorn and nginx before it, and waits until they answer.
 * @throws {Refusal} when they do not
 */
export async function startPeer(
  scratch: Scratch,
  peer: Peer,
  redisUrl: string,
  tuning: Tuning,
): Promise<Omit<Side, 'child'>> {
  const dir = join(scratch.dir, `peer-${tuning.replace(' ', '-')}`);
  mkdirSync(dir);
  const socket = join(dir, 'gunicorn.sock');
  const port = await freePort();
  const config = join(dir, 'nginx.conf');
  writeFileSync(config, nginxConfig(dir, port, socket, tuning));
  const python = [
    '--workers',
    `${WORKERS}`,
    ...(tuning === 'tuned' ? THREADS : []),
    '--bind',
    `unix:${socket}`,
    '--umask',
    '0',
    'app:app',
  ];
  // Workers of nginx are nobody in particular where it is started by root, and have to reach the socket.
  run('chmod', ['711', scratch.dir, dir], scratch.dir);
  const start = (command: string, args: readonly string[]) =>
    scratch.spawn(command, args, {
      cwd: FOLDER,
      env: environmentOf({ command, args, env: { REDIS_URL: redisUrl, PYTHONDONTWRITEBYTECODE: '1' } }),
      stdio: 'ignore',
    });
  const children = [start(peer.gunicorn, python), start(peer.nginx, ['-p', dir, '-e', 'stderr', '-c', config])];
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => {
    const { status } = await fetch(url);
    if (status !== 200) throw new Refusal(`Flask behind gunicorn and nginx answered ${status}.`);
  }, 20_000);
  return { pids: children.flatMap(({ pid }) => pid ?? []), url };
}

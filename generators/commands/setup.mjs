// What `npm run demo` and `npm test` do first, on any Node from 20 on: install what is missing, and say so.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../..', import.meta.url));

/** @typedef {'demo' | 'observe' | 'tests'} Purpose */
/** @typedef {{ command: string, debian: string, homebrew?: string, why: string, only?: readonly Purpose[], optional?: true }} Program */

/**
 * Programs of the machine, the package of Debian and of Homebrew that has each, what it is for, and for whom alone.
 * @type {Program[]}
 */
const programs = [
  { command: 'git', debian: 'git', homebrew: 'git', why: 'the branches are real' },
  {
    command: 'redis-server',
    debian: 'redis-server',
    homebrew: 'redis',
    why: 'the demo and the tests run the real one',
  },
  {
    command: 'prometheus',
    debian: 'prometheus',
    homebrew: 'prometheus',
    why: 'a real one is asked',
    only: ['tests', 'observe'],
  },
  {
    command: 'prometheus-blackbox-exporter',
    debian: 'prometheus-blackbox-exporter',
    why: 'a real one asks addresses from outside',
    only: ['tests', 'observe'],
    optional: true,
  },
  {
    command: 'prometheus-redis-exporter',
    debian: 'prometheus-redis-exporter',
    why: 'what it says of Redis is measured, too',
    only: ['observe'],
    optional: true,
  },
  {
    command: 'chromium',
    debian: 'chromium',
    homebrew: 'chromium',
    why: 'the tests press the buttons of the board',
    only: ['tests'],
    optional: true,
  },
  {
    command: 'rclone',
    debian: 'rclone',
    homebrew: 'rclone',
    why: 'the tests copy a backup with it',
    only: ['tests'],
    optional: true,
  },
  {
    command: 'lua5.1',
    debian: 'lua5.1',
    homebrew: 'lua@5.1',
    why: 'the tests run what Argo CD asks about health',
    only: ['tests'],
    optional: true,
  },
  {
    // Homebrew has none.
    command: 'docker-registry',
    debian: 'docker-registry',
    why: 'the tests push images to a real one',
    only: ['tests'],
    optional: true,
  },
  {
    command: 'rsync',
    debian: 'rsync',
    homebrew: 'rsync',
    why: 'the tests run the jobs of the pipeline with it',
    only: ['tests'],
    optional: true,
  },
  {
    command: 'shellcheck',
    debian: 'shellcheck',
    homebrew: 'shellcheck',
    why: 'the tests read the scripts of the pipeline with it',
    only: ['tests'],
    optional: true,
  },
  {
    command: 'prometheus-alertmanager',
    debian: 'prometheus-alertmanager',
    why: 'the tests send alerts to a real one',
    only: ['tests'],
    optional: true,
  },
  { command: 'ssh-keygen', debian: 'openssh-client', homebrew: 'openssh', why: 'the tests sign commits' },
];

/**
 * A shell's: runs a command while /usr/sbin/policy-rc.d, which it is given first, lets no package start its services:
 * Debian's listen on all addresses. One that is there already stays as it is.
 * @see https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
 */
export const startingNothing = `policy=$1; shift
if (set -C; printf '#!/bin/sh\\nexit 101\\n' >"$policy") 2>/dev/null; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' HUP INT TERM
  chmod 755 "$policy"
fi
"$@"`;

/**
 * The services of the system among the files of packages, as `dpkg -L` lists them. A template names none.
 * @param {string} files
 */
export const servicesAmong = (files) =>
  [...files.matchAll(/^(?:\/usr)?\/lib\/systemd\/system\/([\w.-]+\.(?:service|socket|timer))$/gm)].map(
    ([, unit = '']) => unit,
  );

/**
 * Installs the packages of this repository and the programs they need. Ends the process when it cannot; of a program
 * that only some tests need, it says so and goes on.
 * @param {readonly Purpose[]} what what it is for
 */
export function setUp(...what) {
  for (const folder of packages()) install(folder);
  const missing = missingFor(...what);
  provide(
    missing.filter(({ optional }) => !optional),
    fail,
  );
  provide(
    missing.filter(({ optional }) => optional),
    (reason) => console.log(`${reason}\nWithout it whatever needs it is left out.`),
  );
}

/**
 * The programs that this machine lacks.
 * @param {readonly Purpose[]} what what they are for
 * @returns {Program[]}
 */
export function missingFor(...what) {
  return programs.filter(
    ({ command, only }) => (!only || only.some((purpose) => what.includes(purpose))) && !has(command),
  );
}

const needed = (/** @type {readonly Program[]} */ missing) =>
  missing.map(({ command, why }) => `${command} (${why})`).join(', ');

/**
 * The line that installs programs here; undefined where only the person knows how.
 * @param {readonly Program[]} missing
 * @returns {string | undefined}
 */
export function installLine(missing) {
  if (process.platform === 'linux' && has('apt-get')) {
    const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
    return `${sudo}apt-get update && ${sudo}apt-get install -y ${missing.map(({ debian }) => debian).join(' ')}`;
  }
  const brewed = missing.flatMap(({ homebrew }) => homebrew ?? []);
  return process.platform === 'darwin' && brewed.length > 0 ? `brew install ${brewed.join(' ')}` : undefined;
}

/**
 * @param {readonly Program[]} missing
 * @param {(reason: string) => void} otherwise where it cannot be installed
 */
function provide(missing, otherwise) {
  if (missing.length === 0) return;
  if (process.platform !== 'linux' || !has('apt-get')) {
    const line = installLine(missing) ?? 'your package manager';
    return otherwise(`missing: ${needed(missing)}. Install it with ${line}, then run this again.`);
  }
  const names = missing.map(({ debian }) => debian);
  const root = process.getuid?.() === 0;
  if (!root && run('sudo', ['-n', 'true'], 'ignore') !== 0)
    return otherwise(`missing: ${needed(missing)}. Run this, then try again:\n  ${installLine(missing)}`);
  console.log(`Installing ${needed(missing)} with apt-get: ${names.join(' ')}`);
  const asRoot = (/** @type {string} */ command, /** @type {string[]} */ ...args) =>
    root ? run(command, args, 'quiet') : run('sudo', ['-n', command, ...args], 'quiet');
  // What was there before is somebody's.
  const added = names.filter(
    (name) => run('sh', ['-c', `dpkg -s ${name} | grep -qx 'Status: .* installed'`], 'ignore') !== 0,
  );
  for (let attempt = 1; ; attempt++) {
    // On a fresh machine the lists are missing or old; on another the update may fail and the install work.
    const updated = asRoot('apt-get', 'update', '-qq') === 0;
    // Somebody else may be installing just now, as a new machine does by itself.
    const wait = ['-o', 'DPkg::Lock::Timeout=300'];
    const install = ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...wait, ...names];
    if (asRoot('sh', '-c', startingNothing, 'sh', '/usr/sbin/policy-rc.d', ...install) === 0) break;
    if (updated || attempt === 6)
      return otherwise(`apt-get could not install ${names.join(' ')}; its messages stand above.`);
    // Nothing waits for the lock of the lists.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000);
  }
  if (added.length === 0) return;
  const services = servicesAmong(spawnSync('dpkg', ['-L', ...added], { encoding: 'utf8' }).stdout);
  if (services.length === 0) return;
  // Nor at the next start of the machine.
  if (existsSync('/run/systemd/system')) asRoot('systemctl', 'disable', '--now', ...services);
  console.log(`Installed as programs alone, not started as services: ${services.join(' ')}`);
}

/** The root and every top-level folder that is a package of its own: `''`, `'counter/'`. */
export function packages() {
  const folders = readdirSync(program, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && entry.name !== 'node_modules',
  );
  const own = folders
    .map(({ name }) => `${name}/`)
    .filter((folder) => existsSync(`${program}${folder}package-lock.json`));
  return ['', ...own];
}

/** @param {string} folder */
function install(folder) {
  if (installed(folder)) return;
  const what = folder === '' ? 'Slipway (with its own Node 24)' : folder;
  console.log(`Installing the packages of ${what} with npm ci, as its lockfile pins them`);
  // npm warns that the Node which runs it is older than what some packages want; they run under the one it installs.
  const status = run(
    'npm',
    ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    'inherit',
    program + folder,
  );
  if (status !== 0)
    fail(`npm ci failed in ${program}${folder}; its messages stand above. Check the network and run this again.`);
}

/**
 * Whether node_modules holds what the lockfile says. npm writes the list of what it installed last of all, so an
 * install that was interrupted has none.
 * @param {string} folder
 */
export function installed(folder) {
  try {
    const wanted = packagesOf(`${program}${folder}package-lock.json`);
    const there = packagesOf(`${program}${folder}node_modules/.package-lock.json`);
    return Object.entries(wanted).every(
      ([path, { version, optional, peer }]) =>
        path === '' || there[path]?.version === version || (!there[path] && (optional || peer)),
    );
  } catch {
    return false;
  }
}

/**
 * @param {string} file
 * @returns {Record<string, { version: string, optional?: boolean, peer?: boolean }>}
 */
function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

/**
 * Whether a program is on the PATH.
 * @param {string} command
 */
function has(command) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {'inherit' | 'ignore' | 'quiet'} output quiet: only what it says when it fails
 * @param {string} [cwd]
 */
function run(command, args, output, cwd) {
  const stdio = output === 'quiet' ? 'pipe' : output;
  const { status, signal, stdout, stderr } = spawnSync(command, args, {
    cwd,
    stdio: ['ignore', stdio, output === 'ignore' ? 'ignore' : stdio],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (signal === 'SIGINT') process.exit(130);
  if (output === 'quiet' && status !== 0) process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`);
  return status;
}

/** @param {string} reason @returns {never} */
function fail(reason) {
  console.error(`slipway: ${reason}`);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp('tests');

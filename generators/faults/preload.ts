import type { ChildProcess, SpawnOptions } from 'node:child_process';
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import { type Door, type Fault, faultAt, isKill, type Orders, orderVariable, replyIsLost } from './fault.ts';
import { record } from './journal.ts';

/**
 * Loaded before a program (`node --import`), it stands in every door of the process: each call through one is a step
 * with a number, is written to the journal, and suffers what was ordered. Children are not watched: the order is taken
 * out of the environment, and a render has no other effect than its answer.
 */
const { order, journal } = JSON.parse(process.env[orderVariable] ?? '{}') as Orders;
if (!order || !journal) throw new Error(`${orderVariable} does not say what to do`);
delete process.env[orderVariable];

let count = 0;

/**
 * Tells of a step and dies at once where that is ordered. Steps that run side by side come in any order, so one with
 * this number may go through another door than the one that the order was made for: every door knows every kind.
 */
function enter(door: Door, name: string): Fault | undefined {
  const number = count++;
  const fault = faultAt(order, number, door);
  record(journal, { number, door, name, ...(fault ? { fault: fault.kind } : {}) });
  if (fault?.kind === 'kill before') die();
  return fault;
}

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable: this process was killed');
}

// The words of git when a connection breaks, and of everybody when the disk is full: callers match them.
const brokenConnection = 'fatal: the remote end hung up unexpectedly';
const strangeWords = 'fatal: the proxy answered in words of its own';
const diskFull = 'fatal: write error: No space left on device';

const { spawn } = childProcess;

function watchedSpawn(command: string, args: readonly string[] = [], options: SpawnOptions = {}): ChildProcess {
  const fault = enter('spawn', nameOf(command, args));
  const status = basename(command) === 'git' ? 128 : 1;
  if (fault?.kind === 'refuse')
    return spawn('sh', ['-c', `echo '${diskFull}' >&2; exit ${status}`], { ...options, stdio: 'pipe' });
  if (fault && replyIsLost(fault.kind)) {
    // What was not done fails in known words also then: strange ones tell whoever reads them that it was.
    const done = fault.kind === 'strange reply' ? strangeWords : brokenConnection;
    const script = `"$0" "$@" >/dev/null 2>&1 && echo '${done}' >&2 || echo '${brokenConnection}' >&2; exit ${status}`;
    return spawn('sh', ['-c', script, command, ...args], options);
  }
  const child = spawn(command, [...args], options);
  if (fault?.kind === 'kill after') child.once('exit', die);
  if (fault?.kind === 'kill during' || fault?.kind === 'kill both') {
    const end = () => {
      if (fault.kind === 'kill both') child.kill('SIGKILL');
      die();
    };
    setTimeout(end, fault.delay);
    child.once('exit', end);
  }
  return child;
}

/** `git push`: the program and its verb, past the settings that stand before it. */
function nameOf(command: string, args: readonly string[]): string {
  const words = args.filter((arg, at) => !arg.startsWith('-') && !['-C', '-c'].includes(args[at - 1] ?? ''));
  return `${basename(command)} ${basename(words[0] ?? '')}`.trim();
}

/** What changes files; each takes the path that it changes first, but for `symlink`, `cp` and `rename`. */
const writers = ['appendFile', 'chmod', 'copyFile', 'cp', 'mkdir', 'mkdtemp', 'rename', 'rm', 'symlink', 'writeFile'];
const target = (name: string, args: readonly unknown[]) =>
  // mkdtemp ends every name in six characters of chance.
  `${name} ${basename(String(/^(symlink|cp|copyFile|rename)/.test(name) ? args[1] : args[0])).replace(/^(slipway-\w+-)\w{6}$/, '$1')}`;

const failure = (code: 'EIO' | 'ENOSPC', call: string) =>
  Object.assign(
    new Error(`${code}: ${code === 'EIO' ? 'i/o error' : 'no space left on device'}, ${call}`, { cause: call }),
    { code },
  );

/** What still fits when the disk is full. */
function beginningOf(data: unknown): string | Uint8Array {
  if (typeof data === 'string' || data instanceof Uint8Array) return data.slice(0, data.length / 2);
  const [first = ''] = data as Iterable<string>;
  return first;
}

type Call = (...args: unknown[]) => unknown;
const promises = fs.promises as unknown as Record<string, Call>;
const sync = fs as unknown as Record<string, Call>;
// appendFileSync is done by way of writeFileSync, and that is one step.
let nested = false;
for (const name of writers) {
  const [later, now] = [promises[name] as Call, sync[`${name}Sync`] as Call];
  promises[name] = async (...args) => {
    const fault = enter('write', target(name, args));
    if (fault?.kind === 'refuse') {
      if (name === 'writeFile') await later(args[0], beginningOf(args[1]));
      throw failure('ENOSPC', name);
    }
    const result = await later(...args);
    if (fault && isKill(fault.kind)) die();
    if (fault && replyIsLost(fault.kind)) throw failure('EIO', name);
    return result;
  };
  sync[`${name}Sync`] = (...args) => {
    if (nested) return now(...args);
    const fault = enter('write', target(name, args));
    if (fault?.kind === 'refuse') throw failure('ENOSPC', name);
    nested = true;
    const result = now(...args);
    nested = false;
    if (fault && isKill(fault.kind)) die();
    if (fault && replyIsLost(fault.kind)) throw failure('EIO', name);
    return result;
  };
}

const { fetch } = globalThis;
const broken = () =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) });

globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  const fault = enter('fetch', `${request.method} ${basename(new URL(request.url).pathname).replace(/^\d+$/, ':iid')}`);
  if (fault?.kind === 'refuse') throw broken();
  if (fault?.kind === 'kill during' || fault?.kind === 'kill both') setTimeout(die, fault.delay);
  const response = await fetch(request);
  if (fault && isKill(fault.kind)) die();
  if (fault && replyIsLost(fault.kind)) throw broken();
  return response;
};

// A door that nobody watches would make every proof about kills a half one.
const unwatched = (owner: Record<string, unknown>, names: readonly string[]) => {
  for (const name of names)
    owner[name] = () => {
      throw new Error(
        `${name} is a door that the faults do not watch: use one that they do, or watch it in preload.ts`,
      );
    };
};
unwatched(childProcess as unknown as Record<string, unknown>, [
  'exec',
  'execFile',
  'execFileSync',
  'execSync',
  'fork',
  'spawnSync',
]);
unwatched(sync, [...writers, 'createWriteStream']);
unwatched(promises, ['link', 'truncate', 'unlink']);
childProcess.spawn = watchedSpawn as typeof spawn;
syncBuiltinESMExports();

import { subscribe } from 'node:diagnostics_channel';
import type { Blame } from './blame.ts';
import { trap, trapAllBut, trapGetter } from './traps.ts';

/**
 * A package of cdk8s-plus-27 draws five numbers while it is loaded, as marks that no text is likely to hold, takes them
 * out again, and shows them to nobody. Any number serves. It is allowed by name, and nothing else of it is.
 */
const marks = { package: 'brace-expansion', number: 0.5 };

function trapRandom(blame: Blame): void {
  Math.random = function random() {
    const [nearest, ...others] = blame.frames(random);
    if (nearest?.name === marks.package && others.every(({ of }) => of !== 'commit')) return marks.number;
    throw blame.record('draws a random number (Math.random)', random);
  };
}

/** Randomness and the network, where they need no import. */
export function trapGlobals(blame: Blame): void {
  trapRandom(blame);
  trapAllBut(blame, Crypto.prototype, /^$/, 'draws random bytes', 'crypto.');
  const computes = /^(digest|verify|decrypt|unwrapKey|importKey|exportKey|derive(Key|Bits))$/;
  trapAllBut(blame, SubtleCrypto.prototype, computes, 'draws random bytes', 'crypto.subtle.');
  for (const name of ['fetch', 'WebSocket', 'EventSource']) {
    // Node loads its HTTP client when one of them is only looked at, also to replace it: 15 ms.
    Reflect.deleteProperty(globalThis, name);
    trapGetter(blame, globalThis, name, `reaches the network (${name})`);
  }
}

/**
 * `process` as a file of the commit sees it: nothing, but for the render's own way in and out. Packages see all of it;
 * the environment is empty, and what would tell one run from another is trapped.
 * @param prepare called with the name of each of Node's own modules before anybody has it
 */
export function guardProcess(blame: Blame, prepare: (builtin: string) => void): void {
  const { process } = globalThis;
  const getBuiltinModule = process.getBuiltinModule as (name: string) => object | undefined;
  process.getBuiltinModule = ((name: string) => {
    prepare(name.replace(/^node:/, ''));
    return getBuiltinModule(name);
  }) as typeof process.getBuiltinModule;
  trap(blame, process, ['binding', '_linkedBinding', 'dlopen'], 'goes around the traps', 'process.');

  const render = new Set<string | symbol>(['stdin', 'stdout', 'stderr', 'exitCode', 'version']);
  const look = (name: string | symbol, below: Callable): void => {
    const from = blame.direct(below);
    if (!from || (from.name === 'generators/render-commit.ts' && render.has(name))) return;
    throw blame.record(`asks for process.${String(name)}`, below);
  };
  // cdk8s asks for its own variables with every object, none of which is there. Finding out who asks would cost a
  // seventh of a render; whoever else asks for one of them learns as little.
  const env = watched(process.env, (name, below) => {
    if (typeof name === 'symbol' || !name.startsWith('CDK8S_')) look(`env.${String(name)}`, below);
  });
  globalThis.process = watched(process, (name, below) => name === 'env' || look(name, below), { env });
  const navigator = Object.getOwnPropertyDescriptor(globalThis, 'navigator')?.get;
  Object.defineProperty(globalThis, 'navigator', {
    configurable: true,
    get: function get() {
      if (blame.direct(get)) throw blame.record('asks which machine it is on (navigator)', get);
      return navigator?.call(globalThis);
    },
  });
}

type Callable = (...args: never[]) => unknown;

/**
 * An object of which every look at a property is told first.
 * @param instead what is given in place of some of its properties
 */
function watched<T extends object>(
  object: T,
  tell: (name: string | symbol, below: Callable) => unknown,
  instead: Readonly<Record<string, unknown>> = {},
): T {
  return new Proxy(object, {
    get: function get(target, name) {
      tell(name, get);
      return Object.hasOwn(instead, name) ? instead[name as string] : Reflect.get(target, name);
    },
    set: function set(target, name, value) {
      tell(name, set);
      return Reflect.set(target, name, value);
    },
    has: function has(target, name) {
      tell(name, has);
      return Reflect.has(target, name);
    },
    ownKeys: function keys(target) {
      tell('*', keys);
      return Reflect.ownKeys(target);
    },
    getOwnPropertyDescriptor: function describe(target, name) {
      tell(name, describe);
      const found = Reflect.getOwnPropertyDescriptor(target, name);
      return found && Object.hasOwn(instead, name) ? { ...found, value: instead[name as string] } : found;
    },
  });
}

interface Denial {
  readonly permission: string;
  readonly resource: string;
}

/** Records what Node's permission model denies. The error that the code sees is Node's own: ERR_ACCESS_DENIED. */
export function recordDenials(blame: Blame): void {
  const denied = (message: unknown): void => {
    const { permission, resource } = message as Denial;
    const [verb, object] = verbs[permission] ?? [`uses ${permission}`, resource];
    blame.record([verb, object ?? blame.shown(resource)].join(' ').trim(), denied);
  };
  for (const kind of ['fs', 'child', 'worker', 'addon', 'wasi', 'inspector', 'openssl-store']) {
    subscribe(`node:permission-model:${kind}`, denied);
  }
}

const verbs: Readonly<Record<string, readonly [string, string?]>> = {
  FileSystemRead: ['reads'],
  FileSystemWrite: ['writes'],
  ChildProcess: ['starts the program'],
  WorkerThreads: ['starts a worker thread', ''],
  Addon: ['loads the addon'],
};

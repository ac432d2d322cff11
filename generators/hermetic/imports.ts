import { isBuiltin, registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Blame } from './blame.ts';

// Not imported: an import would bind the named exports before they are trapped.
const { readFileSync } = process.getBuiltinModule('node:fs');

/** What an import leads to: a file of the commit, a package, one of Node's own modules, or none of these. */
export interface Target {
  readonly of: 'commit' | 'package' | 'builtin' | 'other';
  /** Relative to the commit, the package's name, the module's name without `node:`, or the address. */
  readonly name: string;
}

/** Node's own modules that compute and nothing else; of `crypto` only hashing answers (see builtins.ts). */
const harmless = new Set(
  'assert assert/strict buffer crypto events path path/posix querystring stream stream/consumers stream/promises string_decoder timers timers/promises url util util/types'.split(
    ' ',
  ),
);

const appFile = /^apps\/[^/]+\/app\.ts$/;

/**
 * Why a file of the commit may not import something; undefined when it may. An app depends on nothing but its own
 * folder: that is what allows to take an unchanged app over without rendering it.
 * @param from the importing file, relative to the commit
 */
export function whyNot(from: string, { of, name }: Target): string | undefined {
  const [, area, folder] = /^(apps|clusters|generators)\/(?:([^/]+)\/)?/.exec(from) ?? [];
  const within = (...rooms: string[]) => of === 'commit' && rooms.some((room) => name.startsWith(room));
  if (from === 'apps/index.ts') {
    return of === 'commit' && appFile.test(name) ? undefined : 'apps/index.ts imports nothing but ./<app>/app.ts';
  }
  if (area === 'apps') {
    return folder && within(`apps/${folder}/`) ? undefined : 'an app depends on nothing but its own folder';
  }
  if (area === 'clusters') {
    return within('clusters/') && !within('clusters/local/')
      ? undefined
      : 'clusters/ depends on nothing but clusters/, and not on the local world';
  }
  if (of === 'builtin') return harmless.has(name) ? undefined : 'a render touches nothing of the world';
  if (of === 'package' || within('generators/')) return undefined;
  if (of === 'commit' && (name === 'apps/index.ts' || name === 'clusters/environments.ts')) return undefined;
  // It alone may load the apps one by one, to tell which of them is wrong.
  if (of === 'commit' && from === 'generators/render-commit.ts' && appFile.test(name)) return undefined;
  return 'generators/ sees apps/index.ts, clusters/environments.ts and packages';
}

/**
 * Holds every import of the commit against `whyNot`.
 * @param prepare called with the name of each of Node's own modules before anybody has it
 */
export function guardImports(blame: Blame, prepare: (builtin: string) => void): void {
  const targetOf = (address: string): Target =>
    isBuiltin(address) ? { of: 'builtin', name: address.replace(/^node:/, '') } : blame.owner(address);

  registerHooks({
    resolve: function resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      const target = targetOf(resolved.url);
      if (target.of === 'builtin') prepare(target.name);
      const from = context.parentURL?.startsWith('file:') ? blame.owner(context.parentURL) : undefined;
      if (from?.of === 'package' && target.of === 'commit') throw blame.record(`imports ${target.name}`, resolve);
      if (from?.of !== 'commit') return resolved;
      const why =
        whyNot(from.name, target) ?? (target.of === 'commit' ? notAModule(specifier, context, resolved) : undefined);
      if (!why) return resolved;
      const line = lineOf(specifier, fileURLToPath(context.parentURL as string));
      throw blame.recordAt({ name: from.name, line }, `imports ${specifier}`, why);
    },
  });
}

function notAModule(
  specifier: string,
  { parentURL }: { parentURL?: string | undefined },
  { url, format }: { url: string; format?: string | null | undefined },
): string | undefined {
  // In CommonJS a file is handed the loader itself, by which it could have any module.
  if (!['module', 'module-typescript', 'json'].includes(format ?? '')) return 'a render loads ES modules and JSON';
  // A link could lead out of the folder that a part is judged by.
  const named = new URL(specifier, parentURL);
  if (specifier.startsWith('.') && named.pathname !== new URL(url).pathname) return 'a render follows no symbolic link';
  return undefined;
}

/** The line that names a specifier; 0 when it was put together at run time. */
function lineOf(specifier: string, file: string): number {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.findIndex((line) => ["'", '"', '`'].some((quote) => line.includes(quote + specifier + quote))) + 1;
}

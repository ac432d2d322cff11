import { resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Blame } from './blame.ts';

const readers = /^(access|copyFile|cp|createReadStream|exists|glob|lstat|open|readdir|readFile|readlink|stat)/;

/**
 * Refuses reads of an app's folder other than by that app's own imports, or for that app: whoever renders an app says
 * so in `globalThis[Symbol.for('slipway.rendering')]`, by name. What lies outside the commit is for Node's permissions.
 */
export function guardReads(blame: Blame, dir: string, fs: Record<string, unknown>): void {
  const apps = resolve(dir, 'apps') + sep;
  for (const room of [fs, fs.promises as Record<string, unknown>]) {
    for (const name of Object.keys(room).filter((key) => readers.test(key) && typeof room[key] === 'function')) {
      room[name] = new Proxy(room[name] as (...args: unknown[]) => unknown, {
        apply: function called(target, self, args) {
          const path = pathOf(args[0]);
          if (path?.startsWith(apps) || `${path}${sep}` === apps) {
            const app = path?.slice(apps.length).split(sep)[0];
            if (app === '' || app !== Reflect.get(globalThis, Symbol.for('slipway.rendering'))) {
              // Node's loader reads by the same functions; imports have rules of their own.
              const [nearest] = blame.frames(called, 5);
              if (!nearest?.name.startsWith('node:')) throw blame.record(`reads ${blame.shown(path ?? '')}`, called);
            }
          }
          return Reflect.apply(target, self, args);
        },
      });
    }
  }
}

function pathOf(value: unknown): string | undefined {
  if (value instanceof URL) return value.protocol === 'file:' ? fileURLToPath(value) : undefined;
  if (typeof value === 'string') return resolve(value);
  return Buffer.isBuffer(value) ? resolve(value.toString()) : undefined;
}

import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { environments } from '../clusters/environments.ts';

// A file of each folder, since git leaves a folder where something is that it does not track: packages.
const marks = [
  'service/package.json',
  'apps/counter/app.ts',
  'apps/redis/app.ts',
  'apps/redis-backup/app.ts',
  'apps/redis-exporter/app.ts',
];
const at = (path: string) => new URL(`../${path}`, import.meta.url);
const gone = marks.filter((path) => !existsSync(at(path))).map(dirname);
const untouched = environments.some(({ domain }) => domain === 'example.com');

/**
 * Why a test of what only the example shows, with its values, is skipped: a team takes it out and puts its own
 * (clusters/own.md). Upstream proves those before each release.
 */
export const exampleMissing =
  gone.length > 0 ? 'the example service was taken out' : !untouched && 'the example has other values here';

/**
 * Whether a path is of a part of the example that was taken out: what documents and lists say of it then says nothing.
 * @param path from the repository's root
 */
export const tookOut = (path: string): boolean => gone.some((folder) => path.startsWith(`${folder}/`));

/** The options of such a test. */
export const withExample = { skip: exampleMissing };

/**
 * A module of the example. Its types are said, since no compiler finds it where the example is gone.
 * @param path `apps/counter/app.ts`
 * @returns nothing at all, where it is gone: the tests that need it are skipped
 */
export async function fromExample<T>(path: string): Promise<T> {
  return (existsSync(at(path)) ? await import(at(path).href) : {}) as T;
}

/** How the example's Redis is brought back, as far as tests ask. */
export interface Restore {
  restoring(
    bucket: string,
    at: string,
  ): { readonly before: readonly { readonly name: string; readonly command?: readonly string[] }[] };
}

/** A program of the service's tests, as far as others ask. */
interface Program {
  readonly url: string;
}
export interface Redis extends Program {
  freeze(): void;
  thaw(): void;
  remove(): Promise<void>;
}
export interface Service extends Program {
  stop(): Promise<unknown>;
}

/** What the service's own tests start it with. */
export async function serviceFixtures() {
  return {
    ...(await fromExample<{
      readonly redisMissing: string | false;
      startRedis(how?: { readonly durable?: boolean }): Promise<Redis>;
    }>('service/redis.fixture.ts')),
    ...(await fromExample<{ startService(env: Readonly<Record<string, string>>): Promise<Service> }>(
      'service/service.fixture.ts',
    )),
  };
}

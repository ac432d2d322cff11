import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Git } from '../git/git.ts';
import type { Bundle } from '../model/bundle.ts';
import { program } from './hydrate-commit.ts';
import { readBundle } from './publish.ts';
import { appsIndex, fixtureApp, type Sandbox } from './sandbox.fixture.ts';

// The jobs of a pipeline: one renders in a clone that can reach nothing, another publishes from another clone.

export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The command line, without any credential in its environment. */
export const slipway = (cwd: string, ...args: readonly string[]) => slipwayWith({}, cwd, ...args);

export async function slipwayWith(
  variables: Readonly<Record<string, string>>,
  cwd: string,
  ...args: readonly string[]
): Promise<Said> {
  const { SLIPWAY_TOKEN, CI_JOB_TOKEN, GITLAB_TOKEN, ...others } = process.env;
  const launcher = join(program, 'generators', 'commands', 'slipway.mjs');
  const env = { ...others, ...variables };
  const child = spawn(process.execPath, [launcher, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out, err };
}

/** A clone of the remote, of its own. */
export async function cloneOf(box: Sandbox, ...options: readonly string[]): Promise<Git> {
  const dir = await mkdtemp(join(box.dir, 'clone-'));
  await new Git(dir).bytes(['clone', '--quiet', ...options, `file://${box.remote.dir}`, '.']);
  return new Git(dir);
}

/** A clone that can reach nothing: its remote is nowhere. */
export async function cutOff(box: Sandbox, ...options: readonly string[]): Promise<Git> {
  const clone = await cloneOf(box, ...options);
  await clone.bytes(['remote', 'set-url', 'origin', join(box.dir, 'nowhere.git')]);
  return clone;
}

/** Renders in a clone that can reach nothing. */
export async function rendered(
  clone: Git,
  ...args: readonly string[]
): Promise<{ file: string; bundle: Bundle; said: Said }> {
  const file = join(clone.dir, 'rendered.jsonl');
  const said = await slipway(clone.dir, 'render', '--all', '--bundle', file, ...args);
  assert.equal(said.code, 0, said.err);
  return { file, bundle: await readBundle(file), said };
}

/** Beside `a` and `b` an app that is built here; its version is counted in commits. */
export const builtHere = (revision: number) => ({
  'apps/index.ts': appsIndex(['a', 'b', 'built']),
  'apps/built/app.ts': fixtureApp('built', { image: { repository: 'registry.example.com/built', build: 'service' } }),
  'service/Dockerfile': `FROM scratch\n# ${revision}\n`,
  'service/package.json': '{ "version": "2.1.0" }',
});

/** Its image, as `--image` takes it. @param digit what its digest is made of */
export const builtImage = (digit: string) => `built=registry.example.com/built@sha256:${digit.repeat(64)}`;

import { text } from 'node:stream/consumers';
import { apps } from '../apps/index.ts';
import { environments, repository } from '../clusters/environments.ts';
import { hydrate } from './hydrate.ts';
import type { RenderInput } from './model/part.ts';
import { Refusal } from './model/refusal.ts';

/**
 * The render half, as a process of its own: it runs the apps, clusters and generators of one dry commit, reads its
 * input from standard input, and writes what it rendered to standard output.
 */
try {
  const input = JSON.parse(await text(process.stdin)) as RenderInput;
  process.stdout.write(JSON.stringify({ hydrated: hydrate({ apps, repository, environments }, input) }));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  process.stdout.write(JSON.stringify({ refused: error.message, exitCode: error.exitCode }));
}

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadAll } from 'js-yaml';
import { tokenNeeds } from '../model/token.ts';

const root = join(import.meta.dirname, '..', '..');
const files = ['.gitlab-ci.yml', ...globSync('generators/ci/*.yml', { cwd: root })];

interface Job {
  readonly environment?: string | { readonly name: string; readonly action?: string };
}
/** GitLab puts the values of another job there; here they are none. */
const text = (file: string) => readFileSync(join(root, file), 'utf8').replaceAll('!reference', '');

test('every environment that jobs name for its token is one for which doctor wants a token, and the other way about', () => {
  const jobs = files.flatMap((file) =>
    loadAll(text(file)).flatMap((document) => Object.values((document ?? {}) as Record<string, Job | null>)),
  );
  const named = jobs.flatMap((job) => {
    const environment = job?.environment;
    // What deploys has none of our tokens: its environment asks people.
    return typeof environment === 'object' && environment.action === 'access' ? [environment.name] : [];
  });
  const wanted = tokenNeeds.flatMap(({ variable }) => (variable ? [variable.environment] : []));
  assert.deepEqual([...new Set(named)].sort(), wanted.toSorted());
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { branchRights, grantsOf, ownersOf } from '../model/branch-rights.ts';
import type { Stage } from '../model/metadata.ts';
import { clusterEnvironmentsOf, jobTokensOf, pipelineSettingsOf, registryOf } from '../model/pipeline-settings.ts';
import { type ProtectionRule, proposalOf, protectionOf } from '../model/protection.ts';
import { forgeVersionOf, methodOf, pipelinesOf, squashOf } from '../model/setup.ts';
import { tokenNeeds, tokensOf } from '../model/token.ts';
import { variablesOf } from '../model/variable.ts';

// The page is worth what it names: a test that is gone, or a finding that is called otherwise, stops nothing.

const page = readFileSync(join(import.meta.dirname, 'threats.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (who|\*\*)/.test(line))
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );

/** Every name that a finding about the forge can have, with two environments. */
function findings(): Set<string> {
  const path: Stage[] = [
    { name: 'dev', soak: 1 },
    { name: 'production', after: 'dev', soak: 1 },
  ];
  const table = branchRights(path);
  const rules = table.map(
    ({ branch: pattern }): ProtectionRule => ({
      ...{ pattern, allowsForcePush: false, inherited: false, push: [], merge: [], ownersApprove: false },
    }),
  );
  const named = { premium: false, accounts: new Map(), groups: new Map() };
  const merging = { method: undefined, squash: undefined, pipelines: undefined };
  const token = { scopes: ['api'], level: 30, account: 1, expires: undefined };
  const all = [
    ...table.map(({ branch }) => protectionOf(branch, rules)),
    ...table.flatMap((rights) => (['push', 'merge'] as const).map((verb) => grantsOf(verb, rights, rules, named))),
    ownersOf(rules, named),
    proposalOf('production', rules),
    ...[methodOf, squashOf, pipelinesOf].map((decide) => decide(merging)),
    ...pipelineSettingsOf({
      ...{ skippedCounts: undefined, jobsPush: undefined, forksRunHere: undefined, requestsAreTrusted: undefined },
      ...{ variablesBy: undefined, deletesTags: undefined, mergesAreTried: undefined, cachesAreApart: undefined },
    }),
    forgeVersionOf('19.6.0'),
    jobTokensOf(true),
    registryOf([], 'g/p'),
    clusterEnvironmentsOf([], { live: false, guarded: undefined }),
    ...variablesOf([]),
    ...tokensOf(
      [...tokenNeeds.map(({ name }) => name), 'another'].map((name) => ({ name, ...token })),
      '2026-01-01',
      false,
    ),
  ];
  return new Set(all.flatMap((finding) => (finding ? [finding.name] : [])));
}

test('every finding that the page names is one of doctor', () => {
  const known = findings();
  const names = rows.flatMap((row) => [...row.join('|').matchAll(/\*\*([^*]+)\*\*/g)].map(([, name = '']) => name));
  assert.ok(names.length > 30);
  assert.deepEqual(
    names.filter((name) => !known.has(name)),
    [],
  );
});

test('every test that the page names is there, by that name', () => {
  const links = [...page.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].map(([, says = '', file = '']) => ({ says, file }));
  assert.ok(links.length > 30);
  for (const { says, file } of links) {
    const text = readFileSync(join(import.meta.dirname, file), 'utf8');
    assert.ok(text.includes(says), `${file} has no test that says: ${says}`);
  }
});

test('every way in says who, what stops it by a test, a setting or in words, and what remains', () => {
  assert.ok(rows.length > 20);
  for (const row of rows) {
    assert.equal(row.length, 3, row[0]);
    assert.ok(row[0] && row[1], row[0]);
  }
  // Words alone stop nobody.
  assert.deepEqual(
    rows.filter(([, stops = '']) => !/\]\(|\*\*/.test(stops)).map(([who]) => who),
    [],
  );
});

test('every setting that doctor asks for is one that stops somebody, or costs something else', () => {
  const known = [...findings()].filter((name) => !/(main|rendered|env\/dev)$/.test(name));
  // These cost clarity: git revert, and what a merge is.
  const others = ['merge method', 'squash'];
  assert.deepEqual(
    known.filter((name) => !page.includes(`**${name}**`) && !others.includes(name)),
    [],
  );
});

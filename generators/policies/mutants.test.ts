import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Manifest } from '../model/manifest.ts';
import { good, production } from './good.fixture.ts';
import { judge } from './judge.ts';
import { judgeChange } from './judge-change.ts';
import { type Break, breaks, broken, mutants } from './mutant.fixture.ts';
import { policies } from './policies.ts';
import { formatViolation } from './violation.ts';

const described = ({ policy, example, place }: Break) =>
  `${policy.id} by ${JSON.stringify(example)} at ${JSON.stringify(place)}`;

function assertNamed(list: readonly Break[]) {
  const found = judge(broken(list), production);
  for (const one of list) {
    const named = found.filter(
      ({ policy, object, field }) =>
        policy === one.policy.id &&
        (one.place === undefined || object === one.place.object) &&
        (one.field === undefined || field === one.field),
    );
    assert.ok(
      named.length > 0,
      `${list.map(described).join('\n')}\nis not named: ${described(one)}\n${found.map(formatViolation).join('\n')}`,
    );
  }
  return found;
}

test('every policy of an environment is broken in some way, containers in every workload', () => {
  const broken = new Set(breaks.map(({ policy }) => policy.id));
  assert.deepEqual(
    policies.filter(({ id }) => !broken.has(id)).map(({ id }) => id),
    ['crd-prune'],
  );
  const objects = new Set(breaks.filter(({ policy }) => policy.id === 'privileged').map(({ place }) => place?.object));
  assert.deepEqual([...objects].sort(), [
    'CronJob/backup',
    'DaemonSet/agent',
    'Deployment/web',
    'Deployment/worker',
    'StatefulSet/store',
  ]);
});

test('each way of breaking good objects is refused, with the policy and the field', () => {
  for (const one of breaks) assertNamed([one]);
});

test('2,500 combinations are refused, and each of their breaks is named', () => {
  fc.assert(
    fc.property(mutants, (list) => {
      const found = assertNamed(list);
      assert.ok(
        list.every(({ policy: { severity } }) => severity === 'warning') ||
          found.some(({ severity }) => severity === 'error'),
      );
    }),
    { seed: 2026, numRuns: 2500 },
  );
});

/** Keys and kinds that policies look at, so that random JSON reaches them. */
const words = [
  ...['apiVersion', 'kind', 'metadata', 'name', 'spec', 'template', 'containers', 'initContainers', 'securityContext'],
  ...['volumes', 'env', 'ports', 'image', 'rules', 'selector', 'matchLabels', 'http', 'paths', 'backend', 'service'],
  ...['resources', 'annotations', 'labels', 'constructor', 'toString', 'length'],
];
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 8 },
    fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, '', 'http', 'a/b', [], {}),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...words), fc.string()), tie('value'), { maxKeys: 5 }),
  ),
}));

test('random JSON never crashes the judge', () => {
  const kind = fc.constantFrom(
    ...new Set(good.map((manifest) => `${manifest.apiVersion} ${manifest.kind}`)),
    'v1 Pod',
    'v1 Secret',
    'batch/v1 Job',
  );
  const like = fc.tuple(kind, json.value).map(([text, value]) => {
    const [apiVersion, name] = text.split(' ');
    return { ...Object(value), apiVersion, kind: name };
  });
  fc.assert(
    fc.property(fc.array(fc.oneof(json.value, like), { maxLength: 4 }), (random) => {
      const manifests = JSON.parse(JSON.stringify(random));
      for (const { policy, file } of judge(manifests, production)) assert.ok(policy && file);
      judgeChange(manifests, manifests.toReversed());
    }),
    { seed: 2026, numRuns: 3000 },
  );
});

test('a good object with anything at all in one place never crashes the judge', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...good),
      fc.array(fc.nat(6), { maxLength: 8 }),
      json.value,
      (manifest, turns, random) => {
        const value = JSON.parse(JSON.stringify(random));
        const copy = JSON.parse(JSON.stringify(manifest)) as Manifest;
        let at: Record<string, unknown> = copy;
        for (const turn of turns) {
          const keys = Object.keys(at);
          const key = keys[turn % keys.length];
          if (key === undefined) break;
          const next = at[key];
          if (typeof next === 'object' && next !== null && turns.length % 7 !== turn)
            at = next as Record<string, unknown>;
          else {
            at[key] = value;
            break;
          }
        }
        judge([...good.filter((one) => one !== manifest), copy], production);
      },
    ),
    { seed: 2026, numRuns: 1000 },
  );
});

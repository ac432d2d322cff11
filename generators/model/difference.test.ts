import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { differences, formatDifferences } from './difference.ts';
import type { Manifest } from './manifest.ts';

const deployment = (change: (text: string) => string = (text) => text) =>
  load(
    change(`
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  labels: { app.kubernetes.io/name: shop }
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: shop
          image: registry.example.com/shop:1.0
          args: [serve, --fast]
          ports: [{ containerPort: 3000 }]
          env:
            - { name: VALUE, value: '1' }
            - { name: OTHER, value: x y }
          resources: { requests: { cpu: 50m } }
        - name: proxy
          image: registry.example.com/proxy:1.0
      tolerations: [{ key: a }, { key: b }]
`),
  ) as Manifest;

const lines = (before: readonly Manifest[], after: readonly Manifest[]) =>
  formatDifferences(differences(before, after));

test('a changed field is told by the path that a person would write', () => {
  const table: [string, string, string][] = [
    ['replicas: 2', 'replicas: 3', 'spec.replicas: 2 → 3'],
    [
      'shop:1.0',
      'shop:1.1',
      'spec.template.spec.containers[shop].image: registry.example.com/shop:1.0 → registry.example.com/shop:1.1',
    ],
    ["value: '1'", 'value: 1', 'spec.template.spec.containers[shop].env[VALUE].value: "1" → 1'],
    ['value: x y', 'value: "true"', 'spec.template.spec.containers[shop].env[OTHER].value: "x y" → "true"'],
    ['cpu: 50m', 'cpu: 250m', 'spec.template.spec.containers[shop].resources.requests.cpu: 50m → 250m'],
    ['[serve, --fast]', '[serve]', 'spec.template.spec.containers[shop].args: ["serve","--fast"] → ["serve"]'],
    [
      '{ containerPort: 3000 }',
      '{ containerPort: 3000, name: http }',
      'spec.template.spec.containers[shop].ports[3000].name: (missing) → http',
    ],
    [
      '{ key: b }',
      '{ key: c, value: null }',
      'spec.template.spec.tolerations[1].key: b → c\n  spec.template.spec.tolerations[1].value: (missing) → null',
    ],
    [
      '          resources: { requests: { cpu: 50m } }\n',
      '',
      'spec.template.spec.containers[shop].resources: {"requests":{"cpu":"50m"}} → (missing)',
    ],
    [
      'app.kubernetes.io/name: shop',
      'app.kubernetes.io/name: shop, tier: web',
      'metadata.labels.tier: (missing) → web',
    ],
    [
      'app.kubernetes.io/name: shop',
      'app.kubernetes.io/name: store',
      'metadata.labels["app.kubernetes.io/name"]: shop → store',
    ],
    ['kind: Deployment', 'kind: Deployment\nconstructor: true', 'constructor: (missing) → true'],
  ];
  for (const [from, to, line] of table) {
    const after = deployment((text) => text.replace(from, to));
    assert.equal(lines([deployment()], [after]).join('\n'), `~ Deployment shop\n  ${line}`);
  }
});

test('members of a list are matched by name, wherever they stand, and a change of places is told', () => {
  const [value, other] = ["            - { name: VALUE, value: '1' }\n", '            - { name: OTHER, value: x y }\n'];
  const moved = deployment((text) => text.replace(value + other, other.replace('x y', 'z') + value));
  assert.deepEqual(lines([deployment()], [moved]), [
    '~ Deployment shop',
    '  spec.template.spec.containers[shop].env (order): ["VALUE","OTHER"] → ["OTHER","VALUE"]',
    '  spec.template.spec.containers[shop].env[OTHER].value: "x y" → z',
  ]);
  const inserted = deployment((text) => text.replace(value, `            - { name: NEW, value: n }\n${value}`));
  assert.deepEqual(lines([deployment()], [inserted]), [
    '~ Deployment shop',
    '  spec.template.spec.containers[shop].env[NEW]: (missing) → {"name":"NEW","value":"n"}',
  ]);
});

test('objects are matched by group, kind, namespace and name, and told in that order', () => {
  const object = (apiVersion: string, kind: string, name: string, namespace?: string): Manifest => ({
    apiVersion,
    kind,
    metadata: { name, ...(namespace ? { namespace } : {}) },
  });
  const before = [
    object('v1', 'Service', 'a'),
    object('policy/v1beta1', 'PodDisruptionBudget', 'a'),
    object('v1', 'Role', 'r', 'x'),
  ];
  const after = [
    object('policy/v1', 'PodDisruptionBudget', 'a'),
    object('serving/v1', 'Service', 'a'),
    object('v1', 'Role', 'r', 'y'),
  ];
  assert.deepEqual(lines(before, after), [
    '~ PodDisruptionBudget a',
    '  apiVersion: policy/v1beta1 → policy/v1',
    '- Role x/r',
    '+ Role y/r',
    '- Service a',
    '+ Service a',
  ]);
});

test('nothing that somebody wrote into a manifest steers a terminal', () => {
  const hostile = 'a\u001b[31m\u009b\u202e\u2028\n\u{e0001}';
  const before = { apiVersion: 'v1', kind: hostile, metadata: { name: hostile } };
  const after = { ...before, [hostile]: [{ name: hostile }], list: { [hostile]: hostile } };
  for (const line of lines([before], [after])) {
    assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    assert.ok(line.includes('\\u001b[31m\\u009b\\u202e\\u2028\\n\\udb40\\udc01'), line);
  }
});

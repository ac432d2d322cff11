import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { differences } from './difference.ts';
import type { Manifest } from './manifest.ts';
import { versionLines } from './version-lines.ts';

const deployment = (version: string, image = '1', namespace = '  namespace: dev\n') => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
${namespace}  labels:
    app.kubernetes.io/name: shop
    app.kubernetes.io/version: ${version}
spec:
  replicas: 2
  template:
    metadata:
      labels:
        app.kubernetes.io/version: ${version}
    spec:
      containers:
        - name: shop
          image: shop:${image}
`;

test('what differs in the label of the version alone is told as it would be after parsing', () => {
  const table = [
    [deployment("'1.0'"), deployment("'1.1'")],
    [deployment('1.0.0'), deployment('1.0.1-rc.1')],
    [deployment('1.0.0', '1', ''), deployment('1.0.1', '1', '')],
    ['apiVersion: v1', 'kind: Service', 'metadata:', '  name: a.b', '  labels:', "    app.kubernetes.io/version: '1'"]
      .join('\n')
      .split('|')
      .flatMap((text) => [text, text.replace("'1'", "'2'")]),
  ] as [string, string][];
  for (const [before, after] of table) {
    const [expected] = differences([load(before) as Manifest], [load(after) as Manifest]);
    assert.deepEqual(versionLines(before, after), expected);
  }
});

test('whatever else differs, or is laid out otherwise, has to be read', () => {
  const text = deployment('1.0.0');
  const claim = `${text}  claims:\n    - metadata:\n        labels:\n          app.kubernetes.io/version: 1.0.0\n`;
  const table: [string, string][] = [
    [text, text],
    [text, deployment('1.0.1', '2')],
    [text, `${text}# more\n`],
    [text, text.replace('replicas: 2', 'replicas: 3')],
    [claim, claim.replaceAll('1.0.0', '1.0.1')],
    [
      text,
      deployment('1.0.1').replace('apiVersion: apps/v1\nkind: Deployment\n', 'kind: Deployment\napiVersion: apps/v1\n'),
    ],
    [text, text.replace('version: 1.0.0', 'version: {a: b}')],
    ['', '\n'],
  ];
  for (const [before, after] of table) assert.equal(versionLines(before, after), undefined, after);
});

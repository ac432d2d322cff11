import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressesIn, forwardLine, requestAddress, stablePort, webAddressOf } from './address.ts';
import type { Manifest } from './manifest.ts';

const object = (kind: string, name: string, more: object): Manifest => ({
  apiVersion: 'v1',
  kind,
  metadata: { name },
  ...more,
});
const service = object('Service', 'a', { spec: { ports: [{ name: 'http', port: 80 }] } });
const ingress = (...hosts: unknown[]) =>
  object('Ingress', 'a', { spec: { rules: hosts.map((host) => ({ host, http: { paths: [{ path: '/' }] } })) } });

test('an app answers where its objects say, or through its Service', () => {
  const table: [Manifest[], string[]][] = [
    [
      [service, ingress('a.example.com', 'b.example.com')],
      ['https://a.example.com/', 'https://b.example.com/'],
    ],
    [[object('HTTPRoute', 'a', { spec: { hostnames: ['a.example.com'] } })], ['https://a.example.com/']],
    [
      [object('ConfigMap', 'argocd-cm', { data: { url: 'https://argocd.example.com' } })],
      ['https://argocd.example.com/'],
    ],
    [[service], [`http://127.0.0.1:${stablePort('a', 'dev')}/`]],
    [[object('ConfigMap', 'other', { data: { url: 'https://x.example.com' } })], []],
    // What somebody wrote into a part by hand.
    [
      [
        ingress('-a', '$(reboot)', 'a b', '\u001b[31m', 7),
        object('Service', '--all', { spec: { ports: [{ port: 80 }] } }),
      ],
      [],
    ],
    [
      [object('Service', 'a', { spec: { ports: [{ port: '80' }] } }), object('Ingress', 'a', { spec: { rules: 'x' } })],
      [],
    ],
  ];
  for (const [manifests, urls] of table)
    assert.deepEqual(
      addressesIn('a', 'dev', manifests).map(({ url }) => url),
      urls,
    );
  const [{ forward } = {}] = addressesIn('a', 'dev', [service]);
  assert.equal(
    forward && forwardLine(forward),
    `kubectl port-forward --address 127.0.0.1 --namespace dev svc/a ${stablePort('a', 'dev')}:80`,
  );
});

test('the port of an app in an environment is always the same, and few others have it', () => {
  assert.equal(stablePort('counter', 'production'), 24_353);
  const names = Array.from({ length: 50 }, (_, index) => `app-${index}`);
  const ports = ['dev', 'staging', 'production'].flatMap((stage) => names.map((name) => stablePort(name, stage)));
  assert.ok(ports.every((port) => port >= 20_000 && port < 30_000));
  assert.ok(new Set(ports).size >= 145, `${new Set(ports).size} of 150`);
});

test('the pages of a repository are found from its address for git', () => {
  const table: [string, string | undefined][] = [
    ['git@gitlab.com:group/sub/slipway.git', 'https://gitlab.com/group/sub/slipway'],
    ['ssh://git@gitlab.example.com:2222/group/slipway.git', 'https://gitlab.example.com/group/slipway'],
    ['https://user:secret@gitlab.com/group/slipway.git', 'https://gitlab.com/group/slipway'],
    ['http://127.0.0.1:4000/local/slipway.git', 'http://127.0.0.1:4000/local/slipway'],
    ['https://github.com/owner/name', 'https://github.com/owner/name'],
    ['/srv/slipway.git', undefined],
    ['../slipway', undefined],
    ['file:///srv/slipway.git', undefined],
    ['git@host:$(reboot)', undefined],
  ];
  for (const [remote, address] of table) assert.equal(webAddressOf(remote), address, remote);
  assert.equal(requestAddress('https://gitlab.com/g/p', 12), 'https://gitlab.com/g/p/-/merge_requests/12');
  assert.equal(requestAddress('https://github.com/o/n', 12), 'https://github.com/o/n/pull/12');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clusters } from '../../clusters/environments.ts';
import { overlaps } from './cidr.ts';

test('two networks overlap when an address is in both', () => {
  const cases: readonly [string, string, boolean][] = [
    ['10.10.0.0/16', '10.20.0.0/16', false],
    ['10.10.0.0/16', '10.11.0.0/16', false],
    ['10.10.0.0/16', '10.10.0.0/16', true],
    ['10.0.0.0/8', '10.20.0.0/16', true],
    ['10.20.255.255/32', '10.20.0.0/16', true],
    ['10.21.0.0/32', '10.20.0.0/16', false],
    ['0.0.0.0/0', '203.0.113.7/32', true],
    ['10.20.7.9/16', '10.20.200.0/24', true],
    ['255.255.255.255/32', '0.0.0.0/1', false],
  ];
  for (const [a, b, expected] of cases) {
    assert.equal(overlaps(a, b), expected, `${a} ${b}`);
    assert.equal(overlaps(b, a), expected, `${b} ${a}`);
  }
});

test('of two networks that overlap one holds the other', () => {
  const network = fc
    .tuple(fc.nat(255), fc.nat(255), fc.integer({ min: 0, max: 32 }))
    .map(([a, b, length]) => [[10, a % 4, b % 4, 0], length] as const);
  const bits = (address: readonly number[], length: number) =>
    address
      .map((byte) => byte.toString(2).padStart(8, '0'))
      .join('')
      .slice(0, length);
  fc.assert(
    fc.property(network, network, ([a, lengthA], [b, lengthB]) => {
      const shorter = Math.min(lengthA, lengthB);
      const same = bits(a, shorter) === bits(b, shorter);
      assert.equal(overlaps(`${a.join('.')}/${lengthA}`, `${b.join('.')}/${lengthB}`), same);
    }),
  );
});

test('the networks of the clusters do not overlap, so that they can be connected', () => {
  const networks = clusters.flatMap(({ name, network }) => (network === undefined ? [] : [{ name, network }]));
  assert.equal(networks.length, clusters.length);
  for (const [index, one] of networks.entries())
    for (const other of networks.slice(index + 1))
      assert.ok(!overlaps(one.network, other.network), `${one.name} ${one.network}, ${other.name} ${other.network}`);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, bytes } from './quantity.ts';

test('a quantity is a number of cores or bytes', () => {
  const table: [quantity: string, number: number][] = [
    ['250m', 0.25],
    ['2', 2],
    ['0.125', 0.125],
    ['1Ki', 1024],
    ['128Mi', 134217728],
    ['1Gi', 1073741824],
    ['2Ti', 2199023255552],
  ];
  for (const [quantity, number] of table) assert.equal(amount(quantity), number, quantity);
  for (const bad of ['', 'a', '1G', '1 Gi', '-1', 'Gi', '1GiB', '1e3'])
    assert.throws(() => amount(bad), /is no quantity such as/, bad);
});

test('bytes are told as Kubernetes tells them, and never as more than there are', () => {
  const table: [number: number, quantity: string][] = [
    [amount('16Gi') / 4, '4Gi'],
    [amount('1Gi') / 4, '256Mi'],
    [amount('6Gi') / 4, '1536Mi'],
    [amount('10Mi') / 4, '2Mi'],
    [amount('2Ti'), '2Ti'],
    [1, '0Mi'],
  ];
  for (const [number, quantity] of table) assert.equal(bytes(number), quantity);
});

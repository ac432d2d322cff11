import { test } from 'node:test';
import { Random } from './random.ts';
import { reverts } from './reverts.ts';

test('however people go back on an environment branch, the table says what the model says', async () => {
  await reverts.run({ random: new Random(1), say: () => {} });
});

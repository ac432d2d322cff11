import { test } from 'node:test';
import { Random } from './random.ts';
import { storm } from './storm.ts';

test('publishers that run at once, and fail and are killed meanwhile, lose nothing and write nothing twice', async () => {
  await storm.run({ random: new Random(1), say: () => {} });
});

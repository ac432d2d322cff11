import { test } from 'node:test';
import { permutations } from './permutations.ts';
import { Random } from './random.ts';

test('in whatever order pipelines end, the newest commit of main that was published wins', async () => {
  await permutations.run({ random: new Random(1), say: () => {} });
});

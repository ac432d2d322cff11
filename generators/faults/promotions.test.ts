import { test } from 'node:test';
import { promotions } from './promotions.ts';
import { Random } from './random.ts';

test('whatever happens at once, goes back, or fails, promotions end with the right requests and no others', async () => {
  await promotions.run({ random: new Random(1), say: () => {} });
});

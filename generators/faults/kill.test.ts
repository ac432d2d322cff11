import { test } from 'node:test';
import { kill } from './kill.ts';
import { Random } from './random.ts';

test('a publish or promotion that is killed, cut off or refused at any step is completed by the next run', async () => {
  await kill.run({ random: new Random(1), say: () => {} });
});

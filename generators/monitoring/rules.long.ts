import { test } from 'node:test';
import { longCases } from './objective-cases.fixture.ts';
import { skip, tryRules } from './promtool.fixture.ts';
import { shop, watched } from './watched.fixture.ts';

test('what burns slowly is told of when it has done so for three days, weighed by how much was asked', {
  skip,
}, async () => {
  const [of] = watched(shop, ({ name }) => name === 'production');
  if (!of) throw new Error('there is no production');
  await tryRules(
    Object.entries(longCases).map(([alert, cases]) => ({ of, alert, cases })),
    '4m',
  );
});

import fc from 'fast-check';
import { threeEnvironments } from './history.fixture.ts';
import type { Step } from './story.fixture.ts';

/** Random stories of the apps `a` and `b`: they begin with both published, and their commits are `c0`, `c1` … */
export const stories = ({ minLength = 0, maxLength = 30 } = {}): fc.Arbitrary<Step[]> =>
  fc.array(dice, { minLength, maxLength, size: 'max' }).map((thrown) => {
    const steps: Step[] = [{ main: 'c0', set: { a: '0', b: '0' } }, { publish: true }];
    const names = ['c0'];
    for (const { kind, pick, after } of thrown) {
      const step = { ...drawn(kind, pick, names), after };
      if ('main' in step) names.push(step.main);
      steps.push(step);
    }
    return steps;
  });

// As likely one as another: fast-check would throw the smallest and the greatest most of the time.
const dice = fc.record({
  kind: fc.noBias(fc.nat({ max: 99 })),
  pick: fc.noBias(fc.nat({ max: 999 })),
  after: fc.noBias(fc.nat({ max: 3000 })),
});

/** What a throw of two dice means, after these commits of main. */
function drawn(kind: number, pick: number, names: readonly string[]): Step {
  const from = <T>(list: readonly T[], shift = 0): T => list[Math.floor(pick / 10 ** shift) % list.length] as T;
  const [app, later] = [from(['a', 'b']), from(['staging', 'production'], 1)];
  const environment = from(threeEnvironments, 1);
  const how = from(['merge', 'squash', 'ff'] as const, 2);
  // Mostly one of the last: what is far behind went everywhere already.
  const earlier = from(names.slice(-4));
  const count = names.length;
  const name = `c${count}`;
  if (kind < 14) return { main: name, set: { [app]: String(count) } };
  if (kind < 17) return { main: name, set: { a: String(count), b: String(count) }, brings: [`${name}-x`, `${name}-y`] };
  if (kind < 20) return { main: name, set: { [`${later}/${app}`]: String(count) } };
  if (kind < 22) return { main: name };
  if (kind < 24) return { main: name, set: { [app]: null } };
  if (kind < 29) return { main: name, reverts: earlier };
  if (kind < 50) return { publish: true };
  if (kind < 52) return { publish: earlier };
  if (kind < 70) return { promote: later, how };
  if (kind < 74) return { promote: later, how, apps: [app] };
  if (kind < 77) return { promote: later, how, without: [app] };
  if (kind < 86) return { revert: environment, how, ...(pick % 3 === 0 ? {} : { app }) };
  if (kind < 90) return { release: environment, app, how };
  if (kind < 93) return { release: environment, app, at: earlier, how };
  if (kind < 95) return { edit: environment, app };
  if (kind < 97) return { remove: environment, app };
  return { decline: later };
}

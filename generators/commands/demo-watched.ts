import { Traffic } from '../../clusters/local/runtime/traffic.ts';
import type { World } from '../../clusters/local/world.ts';
import { Refusal } from '../model/refusal.ts';
import type { Context } from './context.ts';
import type { Developer } from './demo-developer.ts';
import { type Promotion, promote } from './promote.ts';

/** What greets, and what does so in a version that fails in one environment alone: for one visitor in twenty. */
const right = 'get: [admitted, pages.greet]';
const failing = (environment: string) =>
  `get: [admitted, (_request, _response, next) => next(identity.environment === '${environment}' && props.random() < 0.05 ? new Error('one in twenty') : undefined), pages.greet]`;

/** Visitors at once: five in a hundred of them must be enough to count. */
const crowd = 6;

/** The alert that wakes somebody soonest: twice the budget of an hour within five minutes, and it goes on. */
const paging = 'ErrorBudgetBurnsFast';

/** Seconds until the alert fires at the latest: two scrapes after the first failure, and an evaluation after those. */
const patience = 150;

/** What this part of the tour needs of the rest. */
export interface Watched {
  readonly context: Context;
  readonly world: World;
  readonly developer: Developer;
  readonly traffic: Traffic;
  /** Where it fails, and where it therefore does not go. */
  readonly source: string;
  readonly target: string;
  readonly say: <T>(what: string, work: () => Promise<readonly [T, string]>) => Promise<T>;
  readonly until: (what: string, holds: () => Promise<boolean>, seconds?: number) => Promise<void>;
  /** Builds and publishes HEAD. @returns the version */
  readonly publish: () => Promise<string>;
  /** Waits until an environment runs a version. */
  readonly runs: (environment: string, version: string) => Promise<void>;
  /** Opens the merge request to an environment, as soon as the gates agree. */
  readonly request: (environment: string) => Promise<Promotion>;
  /** Waits until the first environment runs a version. */
  readonly first: (version: string) => Promise<unknown>;
}

/**
 * A version that is Healthy everywhere and fails in one environment for one visitor in twenty: Prometheus sees it, and
 * it goes no further. Its repair follows it. An alert is silent when its shorter window is: nobody waits for that here.
 * @returns the version that repairs it
 */
export async function watched(tour: Watched): Promise<string> {
  const { context, world, developer, traffic, source, target, say, until } = tour;
  const host = `counter.${source}.localhost`;
  const visitors = Array.from({ length: crowd }, () => new Traffic(world));
  try {
    await say(`a commit fails for one visitor in twenty, in ${source} alone`, async () => [
      undefined,
      await developer.commit('feat(counter): greet whoever it is', [right, failing(source)]),
    ]);
    const bad = await tour.publish();
    await tour.first(bad);
    await say(`${source} takes it, and more visitors come: it is Healthy`, async () => {
      const { request } = await tour.request(source);
      if (!request) throw new Refusal(`No merge request to ${source} was opened.`);
      await traffic.leave(host);
      await context.forge?.merge(request.iid, request.sha);
      await tour.runs(source, bad);
      for (const visitor of visitors) visitor.visit(host);
      return [undefined, `${request.url}; http://${host}:${new URL(world.proxy).port}/ (version ${bad})`];
    });
    await say('Prometheus sees the error budget burn', async () => {
      await until(
        `${paging} of counter in ${source}`,
        async () => {
          const firing = await context.metrics?.firing(source, 0, context.now());
          return firing?.get('counter')?.some(({ alert }) => alert === paging) ?? false;
        },
        patience,
      );
      const seen = visitors.map((visitor) => visitor.seen);
      const [asked, failed] = [seen.map(({ requests }) => requests), seen.map(({ failures }) => failures.length)].map(
        (numbers) => numbers.reduce((sum, number) => sum + number, 0),
      ) as [number, number];
      const share = ((100 * failed) / asked).toFixed(1);
      return [
        undefined,
        `${paging} fires: ${failed} of ${asked} visitors met an error (${share} %); ${world.prometheus}/alerts`,
      ];
    });
    await say(`promote --to ${target} leaves it where it is`, async () => {
      const [promotion] = await promote(context, { to: target });
      const why = promotion?.left.find(
        (line) => line.startsWith('counter ') && line.includes(` of counter fires in ${source} (Prometheus)`),
      );
      if (!why || promotion?.moves.some((move) => move.startsWith('counter ')))
        throw new Refusal(`${target} is offered it all the same; promote said ${JSON.stringify(promotion)}.`);
      return [undefined, why];
    });
    await say('the next commit repairs it', async () => [
      undefined,
      await developer.commit('fix(counter): greet everybody', [failing(source), right]),
    ]);
    const repaired = await tour.publish();
    await tour.first(repaired);
    await say(`${source} takes the repair`, async () => {
      const { request } = await tour.request(source);
      if (!request) throw new Refusal(`No merge request to ${source} was opened.`);
      await context.forge?.merge(request.iid, request.sha);
      await tour.runs(source, repaired);
      await Promise.all(visitors.map((visitor) => visitor.end()));
      traffic.visit(host);
      return [
        undefined,
        `${request.url}; ${paging} is silent 5 minutes after the last failure, what looks at 30 minutes later, and ${target} waits`,
      ];
    });
    return repaired;
  } finally {
    await Promise.all(visitors.map((visitor) => visitor.end()));
  }
}

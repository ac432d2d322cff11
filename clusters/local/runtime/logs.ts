import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LogTail } from './log-tail.ts';

/** One line that a pod wrote. */
export interface LogLine {
  readonly environment: string;
  /** With several containers, `pod.container`. */
  readonly pod: string;
  readonly line: string;
}

/** The folder of an app's logs, a file per pod, or per container where a pod has several. */
export const logsDir = (world: string, environment: string, app: string) => join(world, 'logs', environment, app);

/** The apps that ever ran in a world, by environment. */
export async function loggedApps(world: string): Promise<Map<string, string[]>> {
  const environments = await namesIn(join(world, 'logs'));
  return new Map(
    await Promise.all(
      environments.sort().map(async (one) => [one, (await namesIn(join(world, 'logs', one))).sort()] as const),
    ),
  );
}

/**
 * What an app's pods wrote: the last lines of each, the pod that wrote last at the end, and then what they go on to write.
 * @param environments where to look
 * @param lines at most so many of what each pod has written already
 * @param ended until when it is followed; undefined to end with what is there. Pods that start later are followed too
 */
export async function* readLogs(
  world: string,
  app: string,
  environments: readonly string[],
  { lines, ended }: { readonly lines: number; readonly ended?: AbortSignal },
): AsyncGenerator<LogLine> {
  const tails = new Map<string, LogTail>();
  for (let first = true; first || (ended && !ended.aborted); first = false) {
    const found: LogTail[] = [];
    for (const environment of environments) {
      const dir = logsDir(world, environment, app);
      for (const name of await namesIn(dir)) {
        if (!name.endsWith('.log')) continue;
        const file = join(dir, name);
        const tail = tails.get(file) ?? new LogTail(file, environment, name.slice(0, -'.log'.length));
        if (!tails.has(file)) found.push(tail);
        tails.set(file, tail);
      }
    }
    for (const tail of first ? found.sort((one, other) => one.written - other.written) : tails.values()) {
      const said = await tail.read(first && ended === undefined);
      for (const line of first ? said.slice(-lines) : said)
        yield { environment: tail.environment, pod: tail.pod, line };
    }
    if (!ended) return;
    await delay(200, undefined, { signal: ended }).catch(() => {});
  }
}

const namesIn = (dir: string) => readdir(dir).catch(() => [] as string[]);

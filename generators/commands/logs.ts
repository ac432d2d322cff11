import { type LogLine, loggedApps, readLogs } from '../../clusters/local/runtime/logs.ts';
import { nearest } from '../model/nearest.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { checkoutHere } from './checkout.ts';
import type { Asked } from './main.ts';
import { worldDir } from './surroundings.ts';

/** `logs APP`: what the pods of an app of the local world wrote. It reads files, so that it answers when the world is down. */
export async function run({ values, words: [app = ''] }: Asked): Promise<void> {
  const world = worldDir(await checkoutHere());
  const known = await loggedApps(world);
  const environments = chosen(known, app, values.env as string | undefined, world);
  const lines = count(values.lines as string | undefined);
  const named = ({ environment, pod, line }: LogLine) => `${environment}/${pod} | ${line}`;
  const print = (one: LogLine, text: string) =>
    console.log(values.json ? JSON.stringify({ version: 1, ...one }) : text);
  if (values.follow) {
    // Another pod may start any time: who wrote a line is always said.
    for await (const one of readLogs(world, app, environments, { lines, ended: interrupted() })) print(one, named(one));
    return;
  }
  const all: LogLine[] = [];
  for await (const one of readLogs(world, app, environments, { lines })) all.push(one);
  const several = new Set(all.map(({ environment, pod }) => `${environment}/${pod}`)).size > 1;
  for (const one of all) print(one, several ? named(one) : one.line);
}

/** @throws {Misuse} naming what is known */
function chosen(
  known: ReadonlyMap<string, readonly string[]>,
  app: string,
  environment: string | undefined,
  world: string,
): string[] {
  if (known.size === 0) {
    throw new Refusal(
      `No local world has run anything in ${world}: start one with npx slipway local up and publish to it, or name its folder in SLIPWAY_WORLD.`,
    );
  }
  if (environment !== undefined && !known.has(environment))
    throw new Misuse(`--env ${environment}: nothing ever ran there; known are ${[...known.keys()].join(', ')}.`);
  const among = environment === undefined ? [...known.keys()] : [environment];
  const found = among.filter((one) => known.get(one)?.includes(app));
  if (found.length > 0) return found;
  const apps = [...new Set(among.flatMap((one) => known.get(one) ?? []))].sort();
  const near = nearest(app, apps);
  const where = environment === undefined ? 'this world' : environment;
  throw new Misuse(
    `${app} never ran in ${where}; ${near ? `did you mean ${near}? K` : 'k'}nown are ${apps.join(', ')}.`,
  );
}

function count(text = '100'): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new Misuse(`--lines ${text}: it must be a whole number from 1 on.`);
}

function interrupted(): AbortSignal {
  const ended = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort());
  return ended.signal;
}

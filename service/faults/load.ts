import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, Send } from './http-client.ts';
import type { Attempt, Ledger } from './ledger.ts';
import type { Random } from './random.ts';

/** Waits until every visitor got a number since it was called; objects when somebody gets none for fifteen seconds. */
export type EveryoneCounted = () => Promise<void>;

export type LoadProps = {
  concurrency: number;
  send: Send;
  /** Written to at every attempt. */
  ledger: Ledger;
  random: Random;
  /** Keys that have their number; some are asked for again. Those of this load are added. */
  keys: string[];
  /** Which outage of Redis it is now; undefined while Redis may be there. @default never one */
  outage?: () => number | undefined;
};

const PAUSE_MS = 8;
const AFTER_REFUSAL_MS = 40;
const PATIENCE_MS = 15_000;

/** Half of the hits are GETs; of the POSTs one in four has the key of an earlier one. */
const SHARE_OF_GETS = 0.5;
const SHARE_OF_REPEATED_KEYS = 0.25;

const UNCLEAR = 'every answer is a number or a refusal that says so';

/**
 * Lets visitors come, all at once and each again soon after its last answer, while `act` runs. When it has ended,
 * waits for all answers, and for the number of every key that was tried.
 * @throws what `act` throws
 */
export async function underLoad(
  { concurrency, send, ledger, random, keys, outage = () => undefined }: LoadProps,
  act: (everyoneCounted: EveryoneCounted) => Promise<void>,
): Promise<void> {
  let going = true;
  /** Whether an answer came that must not be: then to go on shows nothing more. */
  let broken = false;
  const counted = Array.from({ length: concurrency }, () => 0);

  /** Asks once and writes down what came of it; gives whether it was the number. */
  const attempt = async (hit: Attempt, ask: () => Promise<Answer>, numberIn: (text: string) => number) => {
    const before = outage();
    try {
      const { status, headers, text } = await ask();
      if (status === 200) {
        ledger.acknowledge(hit, numberIn(text));
        return true;
      }
      const type = headers['content-type'] ?? '';
      if (status !== 503 || !headers['retry-after'] || !type.startsWith('application/problem+json')) {
        broken = true;
        ledger.object(UNCLEAR, `A hit was answered with ${status} ${type}: ${text.slice(0, 200)}`);
      }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ECONNREFUSED') {
        ledger.refuse(hit);
        return false;
      }
      if (code !== 'ECONNRESET') ledger.object(UNCLEAR, `A hit got no answer: ${message}`);
    }
    // Asked and refused within one outage, it cannot have been counted, unless somebody counts it later.
    if (before !== undefined && before === outage()) ledger.refuse(hit);
    else ledger.lose(hit);
    return false;
  };

  const get = () =>
    attempt(
      ledger.begin(),
      () => send('GET', '/', { Accept: 'text/plain' }),
      (text) => Number(/ we have hit (\d+) times\n$/.exec(text)?.[1]),
    );

  const post = async (key: string) => {
    const end = performance.now() + PATIENCE_MS;
    const ask = () => send('POST', '/api/hits', { 'Idempotency-Key': key });
    const numberIn = (text: string) => Number(JSON.parse(text).hits);
    while (!(await attempt(ledger.begin(key), ask, numberIn))) {
      if (broken) return false;
      if (performance.now() > end) {
        ledger.object(UNCLEAR, `The key ${key} got no number in ${PATIENCE_MS / 1_000} s.`);
        return false;
      }
      await delay(AFTER_REFUSAL_MS);
    }
    return true;
  };

  const keyOfEarlierHit = () =>
    keys.length > 0 && random.next() < SHARE_OF_REPEATED_KEYS ? keys[random.between(0, keys.length - 1)] : undefined;

  const visitOnce = async (): Promise<boolean> => {
    if (random.next() < SHARE_OF_GETS) return get();
    const earlier = keyOfEarlierHit();
    if (earlier) return post(earlier);
    const key = crypto.randomUUID();
    const gotNumber = await post(key);
    if (gotNumber) keys.push(key);
    return gotNumber;
  };

  const visit = async (place: number) => {
    while (going && !broken) {
      const gotNumber = await visitOnce();
      if (gotNumber) counted[place] = (counted[place] ?? 0) + 1;
      await delay(gotNumber ? PAUSE_MS : AFTER_REFUSAL_MS);
    }
  };
  const visits = counted.map((_, place) => visit(place));

  const everyoneCounted = async () => {
    const before = [...counted];
    const end = performance.now() + PATIENCE_MS;
    while (!broken && counted.some((count, place) => count === before[place])) {
      if (performance.now() > end) {
        ledger.object(UNCLEAR, `A visitor got no number in ${PATIENCE_MS / 1_000} s.`);
        return;
      }
      await delay(PAUSE_MS);
    }
  };

  try {
    await act(everyoneCounted);
  } finally {
    going = false;
    await Promise.all(visits);
  }
}

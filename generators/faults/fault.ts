import { Random } from './random.ts';

/** A way out of the process: a subprocess, a change in the file system, the network. */
export type Door = 'spawn' | 'write' | 'fetch';

/**
 * What can go wrong at a step. `kill` is SIGKILL: `kill during` leaves the subprocess or request to go on by itself,
 * `kill both` ends the subprocess, too. With `lose reply` the step is really done and its caller hears of a failure;
 * with `strange reply` that failure is told in words that nobody knows; with `refuse` it is not done and fails (a full
 * disk, a connection that is not made).
 */
export type Kind =
  | 'kill before'
  | 'kill during'
  | 'kill both'
  | 'kill after'
  | 'lose reply'
  | 'strange reply'
  | 'refuse';

export const kindsAt: Readonly<Record<Door, readonly Kind[]>> = {
  spawn: ['kill before', 'kill during', 'kill both', 'kill after', 'lose reply', 'strange reply', 'refuse'],
  write: ['kill before', 'kill after', 'lose reply', 'refuse'],
  fetch: ['kill before', 'kill during', 'kill after', 'lose reply', 'refuse'],
};

export const isKill = (kind: Kind) => kind.startsWith('kill');

/** Whether the step is done, and its caller hears of a failure. */
export const replyIsLost = (kind: Kind) => kind.endsWith('reply');

/** What happens at one step. */
export interface Fault {
  readonly kind: Kind;
  /** Milliseconds from the start of the step to the kill, for `kill during` and `kill both`. */
  readonly delay: number;
}

/** What a process is to suffer: a fault at its step number `step` (from 0), or one at any step with a probability. */
export type Order =
  | ({ readonly step: number } & Fault)
  | { readonly probability: number; readonly seed: number }
  | { readonly none: true };

/** Carries an order and the journal's file into the process; read and removed by the preload. */
export const orderVariable = 'SLIPWAY_FAULTS';

export interface Orders {
  readonly order: Order;
  /** A file to which the process appends one line per step. */
  readonly journal: string;
}

/** The longest that a step is let go on before a kill, in milliseconds: a push to a local repository takes about this. */
const longest = 30;

/** The fault that an order has for a step; undefined for none. */
export function faultAt(order: Order, step: number, door: Door): Fault | undefined {
  if ('none' in order) return undefined;
  if ('step' in order) return order.step === step ? order : undefined;
  const random = new Random(order.seed).child(step);
  return random.chance(order.probability) ? anyFault(door, random) : undefined;
}

export const anyFault = (door: Door, random: Random, kind = random.pick(kindsAt[door])): Fault => ({
  kind,
  delay: random.below(longest),
});

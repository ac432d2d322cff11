import type { Blame } from './blame.ts';

type Functions = Record<string, (...args: unknown[]) => unknown>;

/**
 * Replaces functions of an object by ones that refuse.
 * @param what a predicate, as in `reads the clock`, which the function's name follows; or what gives the whole of it
 */
export function trap(
  blame: Blame,
  object: object | undefined,
  names: readonly string[],
  what: string | ((args: readonly unknown[]) => string),
  prefix = '',
): void {
  for (const name of names) {
    const original = (object as Functions | undefined)?.[name];
    if (typeof original !== 'function') continue;
    const said = (args: readonly unknown[]) => (typeof what === 'string' ? `${what} (${prefix}${name})` : what(args));
    const apply = (_: unknown, __: unknown, args: unknown[]): never => {
      throw blame.record(said(args), apply);
    };
    const construct = (_: unknown, args: unknown[]): never => {
      throw blame.record(said(args), construct);
    };
    // A stand-in and not a new function: what hangs on the old one (`hrtime.bigint`, a class's statics) stays.
    const value = new Proxy(original, { apply, construct });
    Object.defineProperty(object, name, { value, writable: true, configurable: true, enumerable: true });
  }
}

/** As `trap`, for all functions whose name does not match. */
export function trapAllBut(blame: Blame, object: object, but: RegExp, what: string, prefix: string): void {
  const names = Object.entries(Object.getOwnPropertyDescriptors(object))
    .filter(([name, { value }]) => typeof value === 'function' && name !== 'constructor' && !but.test(name))
    .map(([name]) => name);
  trap(blame, object, names, what, prefix);
}

/** Replaces an accessor by one that refuses; what it held is not looked at. */
export function trapGetter(blame: Blame, object: object, name: string, what: string): void {
  const get = (): never => {
    throw blame.record(what, get);
  };
  Object.defineProperty(object, name, { get, configurable: true });
}

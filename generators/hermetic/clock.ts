import type { Blame } from './blame.ts';
import { trap, trapGetter } from './traps.ts';

/** The clock: every way by which JavaScript and Node tell the time. Timers go on, since they only wait. */
export function trapClock(blame: Blame): void {
  const what = 'reads the clock';
  const { Date: RealDate } = globalThis;
  const refused = (form: string, below: (...args: never[]) => unknown): Error =>
    blame.record(`${what} (${form})`, below);
  trap(blame, RealDate, ['now'], what, 'Date.');
  const handler: ProxyHandler<DateConstructor> = {
    apply: function called(): never {
      throw refused('Date()', called);
    },
    construct: function made(target, args, newTarget) {
      if (args.length === 0) throw refused('new Date()', made);
      return Reflect.construct(target, args, newTarget) as object;
    },
  };
  globalThis.Date = new Proxy(RealDate, handler);
  Object.defineProperty(RealDate.prototype, 'constructor', { value: globalThis.Date });

  const format = Object.getOwnPropertyDescriptor(Intl.DateTimeFormat.prototype, 'format')?.get;
  Object.defineProperty(Intl.DateTimeFormat.prototype, 'format', {
    configurable: true,
    get(this: Intl.DateTimeFormat) {
      const bound = format?.call(this) as (date: Date) => string;
      return function formatted(date?: Date) {
        if (date === undefined) throw refused('Intl.DateTimeFormat', formatted);
        return bound(date);
      };
    },
  });
  const { formatToParts } = Intl.DateTimeFormat.prototype;
  Intl.DateTimeFormat.prototype.formatToParts = function formatted(date) {
    if (date === undefined) throw refused('Intl.DateTimeFormat', formatted);
    return formatToParts.call(this, date);
  };

  const timing = Object.getPrototypeOf(performance) as object;
  trap(blame, timing, ['now', 'mark', 'measure', 'timerify', 'toJSON', 'eventLoopUtilization'], what, 'performance.');
  for (const name of ['timeOrigin', 'nodeTiming']) trapGetter(blame, timing, name, `${what} (performance.${name})`);
  trapGetter(blame, Event.prototype, 'timeStamp', `${what} (Event.timeStamp)`);
  trap(blame, process.hrtime, ['bigint'], what, 'process.hrtime.');
  trap(blame, process, ['hrtime', 'uptime', 'cpuUsage', 'resourceUsage'], what, 'process.');
}

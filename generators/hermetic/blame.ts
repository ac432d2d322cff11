import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Something a render must not depend on, and who asked for it. */
export interface Trapped {
  /** Relative to the commit (`apps/counter/app.ts`), or a package's name when no file of the commit asked. */
  readonly file: string;
  /** 0 where there is none to name. */
  readonly line: number;
  readonly message: string;
}

/** Who a line of the stack belongs to. */
export interface Frame {
  readonly of: 'commit' | 'package' | 'other';
  /** Relative to the commit, a package's name, or the address as Node has it. */
  readonly name: string;
  readonly line: number;
}

// A function's identity is all that is asked of it here.
type Callable = (...args: never[]) => unknown;

/** Finds out who asks, and keeps what was refused: the code that asked may swallow the error. */
export class Blame {
  readonly trapped: Trapped[] = [];
  readonly #dir: string;
  readonly #modules: string;
  readonly #owners = new Map<string, Omit<Frame, 'line'>>();

  constructor(dir: string, modules: string) {
    this.#dir = dir + sep;
    this.#modules = modules + sep;
  }

  /** Whose code stands at an address: a `file:` URL or a path. */
  owner(address: string): Omit<Frame, 'line'> {
    // A render asks this a hundred thousand times, of a few hundred files.
    const known = this.#owners.get(address);
    if (known) return known;
    const owner = this.#ownerOf(address);
    this.#owners.set(address, owner);
    return owner;
  }

  #ownerOf(address: string): Omit<Frame, 'line'> {
    const path = address.startsWith('file:') ? fileURLToPath(address) : address;
    if (path.startsWith(this.#modules)) {
      // The innermost package: one that another brought along lies below it.
      const inner = path.slice(this.#modules.length).split(`${sep}node_modules${sep}`).at(-1) ?? '';
      return { of: 'package', name: (/^(@[^/\\]+[/\\])?[^/\\]+/.exec(inner)?.[0] ?? inner).replaceAll(sep, '/') };
    }
    const inside = path.startsWith(this.#dir) ? path.slice(this.#dir.length).replaceAll(sep, '/') : '';
    if (/^(apps|clusters|generators)\//.test(inside)) return { of: 'commit', name: inside };
    return { of: 'other', name: address };
  }

  /** A path as a person wants to read it. */
  shown(path: string): string {
    return path.startsWith(this.#dir) ? path.slice(this.#dir.length) : path;
  }

  /** The stack above `below`, nearest first; built-in functions and text that was compiled have no frame. */
  frames(below: Callable, limit = Number.POSITIVE_INFINITY): Frame[] {
    const { prepareStackTrace, stackTraceLimit } = Error;
    Error.stackTraceLimit = limit;
    Error.prepareStackTrace = (_, sites) => sites;
    try {
      const holder: { stack?: NodeJS.CallSite[] } = {};
      Error.captureStackTrace(holder, below);
      return (holder.stack ?? []).flatMap((site) => {
        const address = site.getFileName();
        return address ? [{ ...this.owner(address), line: site.getLineNumber() ?? 0 }] : [];
      });
    } finally {
      Object.assign(Error, { prepareStackTrace, stackTraceLimit });
    }
  }

  /** The file of the commit that itself calls `below`, if one does; a package or Node in between answers for itself. */
  direct(below: Callable): Frame | undefined {
    const [nearest] = this.frames(below, 2);
    return nearest?.of === 'commit' ? nearest : undefined;
  }

  /**
   * Records that something forbidden was done, charged to the nearest file of the commit.
   * @param what a predicate, as in `reads the clock (Date.now)`
   * @param below the function that was called, at which the stack begins
   * @returns the error to throw
   */
  record(what: string, below: Callable): Error {
    const frames = this.frames(below);
    const nearest = frames.find(({ of }) => of !== 'other');
    const at = frames.find(({ of }) => of === 'commit') ?? nearest;
    if (!at) return this.#keep({ name: 'something', line: 0 }, what);
    if (at.of === 'package') return this.#keep({ name: at.name, line: 0 }, what, `package ${at.name}`);
    return this.#keep(at, nearest?.of === 'package' ? `${what} through ${nearest.name}` : what);
  }

  /** As `record`, where the file is known and no stack tells of it. */
  recordAt(at: { name: string; line: number }, what: string, why: string): Error {
    return this.#keep(at, what, undefined, why);
  }

  #keep(
    { name, line }: { name: string; line: number },
    what: string,
    who = line > 0 ? `${name}:${line}` : name,
    why = 'a render depends on nothing but the commit and the image digests',
  ): Error {
    const message = `${who} ${what}: ${why}.`;
    this.trapped.push({ file: name, line, message });
    return new Error(message);
  }
}

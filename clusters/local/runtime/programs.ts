/** How an image of somebody else runs on this machine: which of Debian's programs plays it. */
export interface Program {
  readonly command: string;
  /** Debian's package that has it. */
  readonly debian: string;
  /** Arguments that bind it to this machine alone. */
  readonly loopback: readonly string[];
}

/** By repository. An image that is not here is not run, and its app says so: it is never faked. */
const programs: Readonly<Record<string, Program>> = {
  'docker.io/library/redis': { command: 'redis-server', debian: 'redis-server', loopback: ['--bind', '127.0.0.1'] },
};

export const programFor = (repository: string): Program | undefined => programs[repository];

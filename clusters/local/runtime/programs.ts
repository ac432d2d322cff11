import { basename } from 'node:path';
import { parseImage } from '../../../generators/model/image.ts';
import { NotRunHere, unpackedArtifact } from './artifact.ts';
import { isInstalled } from './installed.ts';
import type { Container } from './template.ts';

/** How an image of somebody else runs on this machine: which of Debian's programs plays it. */
export interface Program {
  readonly command: string;
  /** What else the image has that a container may name as its command. */
  readonly others: readonly string[];
  /** Debian's package that has it. */
  readonly debian: string;
  /** Arguments that bind it to this machine alone. */
  readonly loopback: readonly string[];
  /** Where it is not installed, its image is not run here: nobody need have it. @default false */
  readonly optional?: true;
}

const keyValueTools = ['redis-cli', 'redis-benchmark', 'redis-check-aof', 'redis-check-rdb'];

/** By repository. An image that is not here is not run, and its app says so: it is never faked. */
const programs: Readonly<Record<string, Program>> = {
  'docker.io/library/redis': {
    command: 'redis-server',
    others: keyValueTools,
    debian: 'redis-server',
    loopback: ['--bind', '127.0.0.1'],
  },
  'docker.io/library/memcached': {
    command: 'memcached',
    others: [],
    debian: 'memcached',
    loopback: ['-l', '127.0.0.1'],
  },
  'docker.io/oliver006/redis_exporter': {
    command: 'prometheus-redis-exporter',
    others: [],
    debian: 'prometheus-redis-exporter',
    // It is told where to listen by one argument, which names this machine already: see `Sandbox.local`.
    loopback: [],
    optional: true,
  },
};

export const programFor = (repository: string): Program | undefined => programs[repository];

/** What a container is on this machine: a command and its first arguments. */
export interface Executable {
  readonly command: string;
  /** What comes before the container's own arguments. */
  readonly before: readonly string[];
  /** What comes after them. */
  readonly after: readonly string[];
  /** The folder it works in; undefined where any does. */
  readonly dir: string | undefined;
  /** Debian's package that has the command. */
  readonly debian: string | undefined;
}

/**
 * Finds what plays a container's image: a Debian program, or an artifact of the world, which Node runs.
 * @throws {NotRunHere} when nothing on this machine does. @throws {Refusal} for an artifact that is damaged
 */
export async function executableOf(world: string, { name, image, command }: Container): Promise<Executable> {
  const { repository, digest } = parseImage(image, `image of container ${name}`);
  const [first, ...rest] = command ?? [];
  const program = programFor(repository);
  if (program) {
    const asked = basename(first ?? program.command);
    if (asked !== program.command && !program.others.includes(asked))
      throw new NotRunHere(`${repository} is not run here with the command ${first}: known is ${program.command}`);
    if (program.optional && !(await isInstalled(program.command)))
      throw new NotRunHere(`${repository} is not run here without Debian's package ${program.debian}`);
    const after = asked === program.command ? program.loopback : [];
    return { command: asked, before: rest, after, dir: undefined, debian: program.debian };
  }
  const { dir, main } = await unpackedArtifact(world, digest, repository);
  if (first !== undefined && basename(first) !== 'node')
    throw new NotRunHere(`${repository} is not run here with the command ${first}: an artifact is run by node`);
  return { command: process.execPath, before: first ? rest : [main], after: [], dir, debian: undefined };
}

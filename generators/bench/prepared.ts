import { join } from 'node:path';
import type { Git } from '../git/git.ts';
import { makePlace, type Place, serverLike } from './place.ts';
import type { Scratch } from './scratch.ts';
import { checkPublished, manifestsIn, publishIn } from './slipway.ts';
import { createWorkload, stages, type Workload } from './workload.ts';

/** All that the cases share. */
export interface Bench {
  readonly scratch: Scratch;
  /** The checkout that is measured. */
  readonly program: string;
  readonly apps: number;
  readonly runs: number;
  /** Whether the cdk8s CLI runs as well. */
  readonly contender: boolean;
  readonly say: (line: string) => void;
}

/** A generated repository that was published once, and the server that it was published to. */
export interface Prepared extends Workload {
  /** The folder that holds all of it. */
  readonly dir: string;
  /** Packed as servers pack. */
  readonly server: Git;
  /** Manifests per app and environment. */
  readonly objects: number;
}

/** Makes a repository of so many apps and publishes its first commit. */
export async function prepare({ scratch, program, say }: Bench, apps: number): Promise<Prepared> {
  say(`making a repository of ${apps} apps × ${stages.length} environments, and publishing it once`);
  const dir = await scratch.folder('prepared');
  const workload = await createWorkload(program, dir, apps);
  const place = await makePlace(scratch, program, workload.remote, workload.commits.before);
  await publishIn(scratch, place);
  await checkPublished(place, apps, 0);
  const server = await serverLike(place.remote, join(dir, 'server.git'));
  await packed(server);
  const objects = (await manifestsIn(place, workload.names[0] ?? '')).length;
  await scratch.remove(place.dir);
  return { ...workload, dir, server, objects };
}

/** Packs a repository as a server does now and then. */
export async function packed(git: Git): Promise<void> {
  await git.bytes(['repack', '-a', '-d', '-q', '--write-bitmap-index']);
}

/** Makes a place, does something there, and removes it, so that a long benchmark fills no disk. */
export async function inPlace<T>(
  { scratch, program }: Bench,
  { server, commits }: Prepared,
  commit: keyof Workload['commits'],
  run: (place: Place) => Promise<T>,
): Promise<T> {
  const place = await makePlace(scratch, program, server, commits[commit]);
  const result = await run(place);
  await scratch.remove(place.dir);
  return result;
}

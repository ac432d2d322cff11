import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Place {
  /** The world's folder. */
  readonly world: string;
  readonly environment: string;
  readonly app: string;
}

const memory = ({ world, environment, app }: Place) => join(world, 'synced', environment, app);

/** The folder's id that an app was synced to last with all its jobs, as far as this world remembers. */
export function syncedPart(place: Place): string | undefined {
  try {
    return readFileSync(memory(place), 'utf8');
  } catch {
    return undefined;
  }
}

/** Writes down what an app was synced to, so that no job runs again when the world starts again. */
export function rememberSync(place: Place, part: string): void {
  const file = memory(place);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, part);
  renameSync(`${file}.new`, file);
}

import { copyFileSync, statSync, truncateSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** How long a log may become; as much again is kept of what came before. */
export const mostBytes = 1024 * 1024;

/** Where what came before is. */
export const olderLog = (file: string) => `${file}.1`;

/**
 * Keeps a log that a process appends to from growing for ever: its content is copied away, and the process goes on at
 * its beginning. What it writes in between is lost.
 * @param most @default 1 MiB
 */
export function boundLog(file: string, most = mostBytes): void {
  if (logSize(file) <= most) return;
  copyFileSync(file, olderLog(file));
  truncateSync(file);
}

/** In bytes; 0 when there is none. */
export const logSize = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/**
 * The last lines of a log that were written after `from`, joined by ` / `.
 * @param from in bytes; a log that is shorter by now was begun anew
 */
export async function lastWords(file: string, from: number, lines = 3): Promise<string> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) return 'it said nothing';
  try {
    const { size } = await handle.stat();
    const begin = Math.max(size < from ? 0 : from, size - 8192);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - begin), 0, size - begin, begin);
    const said = buffer
      .toString('utf8', 0, bytesRead)
      .split('\n')
      .filter((line) => line.trim() !== '');
    return (
      said
        .slice(-lines)
        .map((line) => line.trim().slice(-300))
        .join(' / ') || 'it said nothing'
    );
  } finally {
    await handle.close();
  }
}

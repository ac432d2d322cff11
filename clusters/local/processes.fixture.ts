import { readdirSync, readlinkSync } from 'node:fs';

/** The numbers of the processes that work in a folder. Only Linux tells; elsewhere none is seen. */
export function processesIn(dir: string): number[] {
  if (process.platform !== 'linux') return [];
  const numbers = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return numbers.map(Number).filter((number) => {
    try {
      return readlinkSync(`/proc/${number}/cwd`).startsWith(dir);
    } catch {
      return false;
    }
  });
}

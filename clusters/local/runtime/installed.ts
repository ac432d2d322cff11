import { execFile } from 'node:child_process';

/** Whether this machine has a program. */
export const isInstalled = (program: string): Promise<boolean> =>
  new Promise((resolve) => {
    execFile('sh', ['-c', 'command -v "$1"', 'sh', program], (error) => resolve(error === null));
  });

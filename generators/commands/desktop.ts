import { spawn } from 'node:child_process';

/** The program of this desktop that opens an address; undefined where there is none. */
export function opener(platform: NodeJS.Platform, variables: NodeJS.ProcessEnv): string | undefined {
  if (platform === 'darwin') return 'open';
  const { DISPLAY, WAYLAND_DISPLAY } = variables;
  return DISPLAY || WAYLAND_DISPLAY ? 'xdg-open' : undefined;
}

/** Opens an address, and does not wait for whoever looks at it. @returns false where the program is not there or refused */
export function openAt(program: string, url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, [url], { stdio: 'ignore', detached: true });
    const answer = (is: boolean) => {
      clearTimeout(patience);
      child.unref();
      resolve(is);
    };
    // A browser that stays in the foreground is one that opened.
    const patience = setTimeout(() => answer(true), 2000);
    child.once('error', () => answer(false));
    child.once('exit', (code) => answer(code === 0));
  });
}

import { subscribe } from 'node:diagnostics_channel';
import { gitRan, type Ran, withoutSecrets } from '../git/git.ts';

/** So much of a command is shown. */
const shown = 160;

/** A git command as --debug shows it: how long it took, how it ended, and its words without secrets. */
export function line({ args, status, milliseconds }: Ran): string {
  const words = withoutSecrets(args.join(' ')).replace(/[\p{Cc}\p{Cf}]/gu, ' ');
  const cut = words.length > shown ? `${words.slice(0, shown - 1)}…` : words;
  return `${milliseconds.toFixed(0).padStart(7)} ms  exit ${status ?? '-'}  git ${cut}`;
}

/** Shows each git command on standard error when it has ended, and at the end how many there were. */
export function tellGit(write: (text: string) => void = (text) => process.stderr.write(text)): void {
  const start = performance.now();
  let count = 0;
  let sum = 0;
  subscribe(gitRan.name, (message) => {
    const ran = message as Ran;
    count++;
    sum += ran.milliseconds;
    write(`${line(ran)}\n`);
  });
  process.once('exit', () => {
    const all = (performance.now() - start).toFixed(0);
    write(`${count} git commands, ${sum.toFixed(0)} ms, some of them side by side; ${all} ms in all\n`);
  });
}

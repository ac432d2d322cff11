// Runs the command lines that come as JSON on standard input, one after the other in one process, and prints as JSON how
// each ended: to start a process for each would take several times as long.
import { execFileSync, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { main } from './main.ts';

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a document means by "git commit" and "merge it": all that was changed, onto main. */
function merge(): void {
  for (const args of [
    ['add', '--all'],
    ['commit', '--quiet', '--allow-empty', '-m', 'a change'],
    ['push', '--quiet', 'origin', 'HEAD:main'],
  ])
    execFileSync('git', args, { stdio: 'pipe' });
}

const ended: Ended[] = [];
const write = process.stdout.write.bind(process.stdout);
for (const [program, ...args] of JSON.parse(await text(process.stdin)) as string[][]) {
  const said = { out: '', err: '' };
  process.stdout.write = (chunk) => {
    said.out += String(chunk);
    return true;
  };
  process.stderr.write = (chunk) => {
    said.err += String(chunk);
    return true;
  };
  process.exitCode = 0;
  if (program === 'git' && args.length > 1) said.err = spawnSync('git', args, { encoding: 'utf8' }).stderr;
  else if (program === 'git') merge();
  else await main(args.slice(1));
  ended.push({ code: Number(process.exitCode ?? 0), ...said });
}
process.exitCode = 0;
write(JSON.stringify(ended));

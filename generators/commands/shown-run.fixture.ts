// Runs the command lines that come as JSON on standard input, one after the other in one process, and prints as JSON how
// each ended: to start a process for each would take several times as long.
import { text } from 'node:stream/consumers';
import { main } from './main.ts';

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const ended: Ended[] = [];
const write = process.stdout.write.bind(process.stdout);
for (const args of JSON.parse(await text(process.stdin)) as string[][]) {
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
  await main(args);
  ended.push({ code: Number(process.exitCode ?? 0), ...said });
}
process.exitCode = 0;
write(JSON.stringify(ended));

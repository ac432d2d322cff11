import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Refusal } from '../../../generators/model/refusal.ts';
import { isInstalled } from '../runtime/installed.ts';
import { reservePort } from '../runtime/ports.ts';
import { Tied } from './tied.ts';

export interface Redis {
  /** `127.0.0.1:18342` */
  readonly address: string;
  stop(): Promise<void>;
}

/**
 * A real Redis that nobody else has, on a free port of this machine; what it holds goes with it.
 * @param dir a folder of its own
 * @throws {Refusal} where this machine has none, or it does not start
 */
export async function startRedis(dir: string): Promise<Redis> {
  if (!(await isInstalled('redis-server')))
    throw new Refusal('redis-server was not found: install it (apt-get install redis-server, or brew install redis).');
  await mkdir(dir, { recursive: true });
  const port = await reservePort();
  const last: string[] = [];
  const said = (line: string) => void last.splice(0, Math.max(0, last.push(line) - 3));
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'no'];
  const { PATH } = process.env;
  const program = new Tied('redis-server', settings, { dir, env: { PATH }, said });
  const end = program.ended.then((how) => {
    throw new Refusal(`redis-server ended with ${how}: ${last.join(' ')}`);
  });
  end.catch(() => {});
  await Promise.race([end, answering(port)]);
  return { address: `127.0.0.1:${port}`, stop: () => program.stop(1) };
}

/** Waits until somebody listens. */
async function answering(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const there = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (there) return;
    await delay(20);
  }
}

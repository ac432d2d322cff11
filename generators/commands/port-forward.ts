import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { type Forward, forwardArguments, forwardLine } from '../model/address.ts';
import { Refusal } from '../model/refusal.ts';

/**
 * Brings a Service to this machine until Ctrl-C, or until kubectl ends. Nothing of it is left.
 * @param ready what is done once it answers
 * @throws {Refusal} where the port is taken, kubectl is not there, or it ends by itself
 */
export async function portForward(forward: Forward, ready: () => Promise<unknown>): Promise<void> {
  await free(forward);
  const child = spawn('kubectl', forwardArguments(forward), { stdio: ['ignore', 'pipe', 'inherit'] });
  let asked: NodeJS.Signals | undefined;
  const end = (signal: NodeJS.Signals) => {
    asked = signal;
    child.kill('SIGTERM');
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, end);
  const last = () => child.kill('SIGKILL');
  process.once('exit', last);
  let said = '';
  let isReady = false;
  child.stdout.on('data', (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-1000);
    if (isReady || !/^Forwarding from /m.test(said)) return;
    isReady = true;
    void ready();
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ENOENT'
          ? new Refusal(
              `kubectl was not found, and ${forward.service} answers by it alone: npx slipway tools installs it.`,
            )
          : error,
      ),
    );
    child.once('exit', (status) => resolve(status));
  });
  for (const signal of signals) process.off(signal, end);
  process.off('exit', last);
  if (asked !== undefined) {
    process.exitCode = asked === 'SIGINT' ? 130 : 143;
    return;
  }
  throw new Refusal(
    `kubectl ended by itself (${code ?? 'by a signal'}): ${forwardLine(forward)}. Its own words stand above; see kubectl config current-context for the cluster that it asked.`,
  );
}

/** @throws {Refusal} where somebody listens at the port already */
function free({ local }: Forward): Promise<void> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new Refusal(
          `127.0.0.1:${local} is taken (${error.code}): perhaps the same slipway open runs in another terminal. End that with Ctrl-C; ss -ltnp 'sport = :${local}' says who listens there.`,
        ),
      ),
    );
    server.listen(local, '127.0.0.1', () => server.close(() => resolve()));
  });
}

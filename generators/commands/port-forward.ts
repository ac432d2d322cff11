import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { constants } from 'node:os';
import { promisify } from 'node:util';
import { Tied } from '../../clusters/local/inner/tied.ts';
import { isInstalled } from '../../clusters/local/runtime/installed.ts';
import { type Cluster, clusterArguments, type Forward, forwardArguments, forwardLine } from '../model/address.ts';
import { Refusal } from '../model/refusal.ts';

export interface ForwardSettings {
  readonly cluster: Cluster;
  /** Takes what kubectl says, a line each. */
  readonly said: (line: string) => void;
}

/**
 * The context that kubectl will ask, by its own word.
 * @throws {Refusal} where it is not there, or none is chosen
 */
export async function contextNamed(cluster: Cluster): Promise<string> {
  if (!(await isInstalled('kubectl')))
    throw new Refusal('kubectl was not found, and nothing else reaches it: npx slipway tools installs it.');
  if (cluster.context !== undefined) return cluster.context;
  try {
    const asked = ['config', 'current-context', ...clusterArguments(cluster)];
    return (await promisify(execFile)('kubectl', asked)).stdout.trim();
  } catch {
    throw new Refusal('kubectl has no current context: name one with --context, and its file with --kubeconfig.');
  }
}

/**
 * Brings a Service to this machine until Ctrl-C, or until kubectl ends. Nothing of it is left, however this ends.
 * @param ready what is done once it answers
 * @throws {Refusal} where the port is taken, or kubectl ends by itself
 */
export async function portForward(
  forward: Forward,
  { cluster, said }: ForwardSettings,
  ready: () => Promise<unknown>,
): Promise<void> {
  await free(forward);
  const answers = Promise.withResolvers<void>();
  const kubectl = new Tied('kubectl', forwardArguments(forward, cluster), {
    dir: process.cwd(),
    env: process.env,
    said: (line) => {
      if (/^Forwarding from /.test(line)) answers.resolve();
      else if (!/^Handling connection for /.test(line)) said(line);
    },
  });
  let asked: NodeJS.Signals | undefined;
  const end = (signal: NodeJS.Signals) => {
    asked = signal;
    void kubectl.stop(2);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, end);
  const last = () => kubectl.kill();
  process.once('exit', last);
  try {
    const how = await Promise.race([kubectl.ended, answers.promise.then(ready).then(() => kubectl.ended)]);
    if (asked === undefined)
      throw new Refusal(
        `kubectl ended by itself (${how}): ${forwardLine(forward, cluster)}. Its own words stand above.`,
      );
    process.exitCode = 128 + constants.signals[asked];
  } finally {
    await kubectl.stop(2);
    for (const signal of signals) process.off(signal, end);
    process.off('exit', last);
  }
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

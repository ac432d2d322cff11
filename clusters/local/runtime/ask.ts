import { execFile } from 'node:child_process';
import { request } from 'node:http';
import { connect } from 'node:net';
import type { Probe } from './template.ts';

/** Where a probe finds what it asks. */
export interface Target {
  /** The port of this machine behind a container's port, given by number or name. */
  readonly port: (target: string | number) => number | undefined;
  /** A word of a command as it is said on this machine. */
  readonly local: (value: string) => string;
  readonly env: NodeJS.ProcessEnv;
}

/** Asks a probe once. @returns undefined when it passes, else why it does not, in a few words; it never throws */
export function ask(probe: Probe, target: Target): Promise<string | undefined> {
  const { timeoutSeconds = 1, exec, httpGet, tcpSocket } = probe;
  if (exec) return command(exec.command, target, timeoutSeconds);
  const wanted = httpGet?.port ?? tcpSocket?.port;
  if (wanted === undefined) return Promise.resolve('it asks neither httpGet, tcpSocket nor exec');
  const port = target.port(wanted) ?? Number.NaN;
  if (Number.isNaN(port)) return Promise.resolve(`no container has the port ${wanted}`);
  return httpGet ? http(httpGet, port, timeoutSeconds) : tcp(port, timeoutSeconds);
}

/** Any status from 200 to 399 passes: https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#http-probes */
function http(get: NonNullable<Probe['httpGet']>, port: number, seconds: number): Promise<string | undefined> {
  const { path = '/', httpHeaders = [] } = get;
  const headers = Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]));
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(seconds * 1000);
    const asked = request({ host: '127.0.0.1', port, path, headers, agent: false, signal }, (response) => {
      const { statusCode = 0 } = response;
      response.on('error', () => {});
      response.destroy();
      resolve(statusCode >= 200 && statusCode < 400 ? undefined : `GET ${path} answered ${statusCode}`);
    });
    asked.on('error', (error) =>
      resolve(signal.aborted ? `GET ${path} had no answer within ${seconds} s` : `GET ${path}: ${error.message}`),
    );
    asked.end();
  });
}

function tcp(port: number, seconds: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (why?: string) => {
      socket.destroy();
      resolve(why);
    };
    socket.setTimeout(seconds * 1000, () => end(`nothing accepted a connection within ${seconds} s`));
    socket.once('connect', () => end());
    socket.once('error', (error) => end(error.message));
  });
}

/** Runs a command in a container's surroundings. @returns undefined when it exits with 0, else why it did not */
export function command(
  words: readonly string[],
  { local, env }: Pick<Target, 'local' | 'env'>,
  seconds: number,
): Promise<string | undefined> {
  const [program = '', ...args] = words.map(local);
  return new Promise((resolve) => {
    const options = { timeout: seconds * 1000, killSignal: 'SIGKILL', env } as const;
    const child = execFile(program, args, options, (error) => {
      if (error === null) resolve(undefined);
      else if (error.killed) resolve(`${words[0]} took longer than ${seconds} s`);
      else resolve(`${words[0]} ended with ${error.code ?? error.signal}`);
    });
    child.on('error', () => {});
  });
}

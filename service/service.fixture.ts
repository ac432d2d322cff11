import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from './eventually.fixture.ts';

/** The service as a process of its own. */
export type Service = {
  /** Where it listens; empty until it does. */
  url: string;
  child: ChildProcess;
  stdout: () => string;
  stderr: () => string;
  /** Waits until an event with this message is in the log. */
  logged(message: string): Promise<Record<string, unknown>>;
  /** Waits until it listens; gives its URL. @throws after twenty seconds; the message holds its log */
  listening(): Promise<string>;
  /** Settles at the end of the process: its exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
  /** Ends it as an orchestrator does; gives its exit code, or the signal that ended it. */
  stop(): Promise<number | NodeJS.Signals>;
  /** Ends it with SIGKILL and waits for its end. */
  kill(): Promise<void>;
};

const running = new Set<ChildProcess>();
// Whoever started it may end by an error of its own.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** What Node is given to run, and where. */
export type ServiceProgram = { args: readonly string[]; cwd: string };

const SOURCES: ServiceProgram = { args: ['server.ts'], cwd: import.meta.dirname };

/**
 * Runs the service and does not wait for it.
 * @param env its whole environment; without HOST and PORT it takes a free port of loopback
 * @param program default: its sources
 */
export function spawnService(env: Record<string, string>, { args, cwd } = SOURCES): Service {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { HOST: '127.0.0.1', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const ended = once(child, 'close').then(([code, signal]): number | NodeJS.Signals => {
    running.delete(child);
    return code ?? signal;
  });
  const service: Service = {
    url: '',
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    logged: (message) =>
      eventually(() => {
        const lines = stdout.split('\n').filter((line) => line !== '');
        const event = lines.map((line) => JSON.parse(line)).find((line) => line.message === message);
        assert(event, `"${message}" is not in the log: ${stdout}${stderr}`);
        return event;
      }, 20_000),
    listening: async () => `http://127.0.0.1:${(await service.logged('Listening.')).port}`,
    ended,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
  return service;
}

/** Runs the service and waits until it listens. @throws as `listening` does; then it is ended */
export async function startService(env: Record<string, string>, program = SOURCES): Promise<Service> {
  const service = spawnService(env, program);
  try {
    return { ...service, url: await service.listening() };
  } catch (error) {
    await service.kill();
    throw error;
  }
}

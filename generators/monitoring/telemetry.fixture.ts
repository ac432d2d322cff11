import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { App } from '../model/app.ts';

/** What a program is told by the one file of its app, here in JSON. @param environment where it says something else */
export function configOf<T>(app: App, environment?: string): T {
  const all: unknown[] = [app, 'in' in app && environment ? app.in?.[environment] : {}];
  const { files } = Object.assign({}, ...all) as { files?: Readonly<Record<string, string>> };
  const [file, ...more] = Object.values(files ?? {});
  if (file === undefined || more.length > 0) throw new Error(`${app.name} has not one file`);
  return JSON.parse(file) as T;
}

/** A folder that goes with the test. */
export async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-telemetry-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A file with a configuration. */
export async function written(folder: string, name: string, config: unknown): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, JSON.stringify(config));
  return file;
}

/** What a program says until it ends, and how it ends. */
export async function ended(program: string, args: readonly string[]) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, error, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: code as number | null, said: `${out}${error}` };
}

/** A program that runs until it is killed, at the latest when the test ends. */
export function running(t: TestContext, program: string, args: readonly string[]) {
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (data) => {
      said += data;
    });
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  t.after(kill);
  return { said: () => said, kill };
}

/** Tries until it no longer throws. @throws what the last try threw */
export async function eventually<T>(attempt: () => T | Promise<T>, withinMs = 30_000): Promise<T> {
  for (const end = performance.now() + withinMs; ; await delay(50)) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}

/** Takes what is sent by OTLP as JSON; gives the bodies by path. */
export async function startSink(t: TestContext) {
  const bodies: { path: string; body: unknown }[] = [];
  const server = createServer(async (request, response) => {
    bodies.push({ path: request.url ?? '', body: JSON.parse(await text(request)) });
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies };
}

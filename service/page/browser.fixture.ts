import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { eventually } from '../eventually.fixture.ts';

function found(): string | undefined {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    } catch {}
  }
  return undefined;
}

const executablePath = found();

/** Why the tests that need a browser are skipped, or false where they can run. */
export const browserMissing =
  executablePath === undefined && 'These tests look at the page in chromium, and it is not installed here.';

/** The machine's own browser. Chromium's sandbox refuses to work for root. */
export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: executablePath ?? '', chromiumSandbox: process.getuid?.() !== 0 });

/** A visitor: a browser window of its own, and what went wrong in it. */
export type Visitor = {
  page: Page;
  /** What the page complained of: faults, refused content, requests to other hosts. Lost connections are not among it. */
  complaints: string[];
  /** The number that is shown. */
  number(): Promise<string | null>;
  /** What is said of the connection. */
  status(): Promise<string | null>;
};

/** Opens a window on nothing yet. */
export async function visitor(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visitor> {
  const page = await (await browser.newContext({ baseURL: url, ...options })).newPage();
  page.setDefaultTimeout(8_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    const lost = message.text().startsWith('Failed to load resource: net::ERR_');
    if (['error', 'warning'].includes(message.type()) && !lost) complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${url}/`)) complaints.push(`It asked for ${request.url()}.`);
  });
  return {
    page,
    complaints,
    number: () => page.textContent('#hits'),
    status: () => page.textContent('#live'),
  };
}

export type Service = {
  url: string;
  /** Ends it as an orchestrator does, and gives its exit code. */
  stop(): Promise<number | NodeJS.Signals>;
  kill(): void;
};

/** Starts the service and waits until it listens. */
export async function startService(env: Record<string, string>): Promise<Service> {
  const child: ChildProcess = spawn(process.execPath, ['server.ts'], {
    cwd: dirname(import.meta.dirname),
    env: { HOST: '127.0.0.1', PORT: '0', OTEL_SDK_DISABLED: 'true', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  let stdout = '';
  child.stdout?.on('data', (data) => {
    stdout += data;
  });
  const port = await eventually(() => {
    const listening = /"message":"Listening\.".*"port":(\d+)/.exec(stdout);
    if (!listening) throw new Error(`The service does not listen: ${stdout}`);
    return listening[1];
  });
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
    kill: () => child.kill('SIGKILL'),
  };
}

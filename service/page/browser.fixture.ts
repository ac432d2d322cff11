import { execFileSync } from 'node:child_process';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

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

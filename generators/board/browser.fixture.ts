import { execFileSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { type Browser, chromium } from 'playwright-core';

/** The machine's own browser, with the test's life; undefined and a skipped test where it has none. */
export async function browser(t: TestContext): Promise<Browser | undefined> {
  const executablePath = found();
  if (executablePath === undefined) {
    t.skip('chromium is not installed: npm test installs it where it may');
    return undefined;
  }
  // Chromium's own sandbox refuses to work for root.
  const launched = await chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
  t.after(() => launched.close());
  return launched;
}

function found(): string | undefined {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    } catch {}
  }
  return undefined;
}

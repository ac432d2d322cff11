#!/usr/bin/env node
// The launcher: any Node from 20 on may start it. It makes sure that Slipway itself runs under a Node that reads
// TypeScript, which the repository brings along as a package.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../..', import.meta.url));
const brought = `${program}node_modules/.bin/node`;
const [verb] = process.argv.slice(2);

/** Type stripping without a flag: https://nodejs.org/docs/latest-v22.x/api/typescript.html */
function readsTypeScript() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 18);
}

// The demo is a newcomer's first command: it sets itself up. Every other verb says how to.
if (verb === 'demo' && !process.argv.includes('--help')) {
  const { setUp } = await import('./setup.mjs');
  setUp();
}
if (readsTypeScript()) {
  if (!existsSync(`${program}node_modules/zx`))
    fail('its packages are not installed: run npm ci (or npm run demo, which does).');
  enableCompileCache?.(`${program}node_modules/.cache/slipway`);
  const { main } = await import('./main.ts');
  await main(process.argv.slice(2));
} else if (existsSync(brought)) {
  const { status, signal } = spawnSync(brought, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  process.exit(status ?? (signal === 'SIGINT' ? 130 : 1));
} else {
  fail(
    `it needs Node 22.18 or later, and this is ${process.version}: run npm ci (or npm run demo), which brings one, or install it.`,
  );
}

/** @param {string} reason */
function fail(reason) {
  console.error(`slipway: ${reason}`);
  process.exit(1);
}

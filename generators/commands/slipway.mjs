#!/usr/bin/env node
// The launcher: any Node from 20 on may start it. It makes sure that Slipway itself runs under a Node that reads
// TypeScript, which the repository brings along as a package.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';
import { verbIn, wordsIn } from './verb-in.mjs';

const program = fileURLToPath(new URL('../..', import.meta.url));
const brought = `${program}node_modules/.bin/node`;
const args = process.argv.slice(2);
const { name: verb, rest } = verbIn(args);

// V8 lets a heap grow several times over before it collects. With 10,000 parts that was 110 MB; collecting earlier costs
// a publish nothing that can be measured, since what takes time is git and the children that render. Of a promotion, which
// works by itself, it would take a sixth more.
if (verb === 'publish') v8.setFlagsFromString('--optimize-for-size');

// The demo is a newcomer's first command: it sets itself up. Every other verb says how to.
if (verb === 'demo' && !args.includes('--help')) {
  const { setUp } = await import('./setup.mjs');
  setUp('demo', ...(args.includes('--observe') ? /** @type {const} */ (['observe']) : []));
}
if (readsTypeScript()) {
  if (!isBare() && !existsSync(`${program}node_modules/zx`)) {
    fail('its packages are not installed: run npm ci (or npm run demo, which does).');
  }
  module.enableCompileCache(`${program}node_modules/.cache/slipway`);
  const { main } = await import('./main.ts');
  await main(args);
} else if (existsSync(brought)) {
  handOver();
} else {
  fail(`it needs Node 22.18 or later, and this is ${process.version}: run npm ci (or npm run demo), which brings one.`);
}

/**
 * Whether what is asked needs nothing but git and Node: help, what is missing, what the branches say, proving a branch,
 * going back on one, telling what runs, installing tools, and what is done with images.
 */
function isBare() {
  const looking = ['status', 'doctor', 'where', 'history', 'dora', 'open', 'metrics'];
  if (verb === undefined || verb === 'help' || args.some((arg) => arg === '--help' || arg === '-h')) return true;
  if (verb === 'verify') return !args.some((arg) => /^--(rendered|all|proposal)/.test(arg));
  // Between two environments, versions or commits: what is there is compared, and nothing is rendered.
  if (verb === 'diff') return wordsIn(rest).some((word) => word.includes('..'));
  return [...looking, 'rollback', 'apply', 'tools', 'image'].includes(verb);
}

/** Type stripping without a flag: https://nodejs.org/docs/latest-v22.x/api/typescript.html */
function readsTypeScript() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 18);
}

/** Goes on under the Node that was brought along, which also gets the signals that are meant for it. */
function handOver() {
  const child = spawn(brought, [fileURLToPath(import.meta.url), ...args], { stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}

/** @param {string} reason @returns {never} */
function fail(reason) {
  console.error(`slipway: ${reason}`);
  process.exit(1);
}

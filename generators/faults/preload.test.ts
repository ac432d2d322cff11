import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Door, isKill, type Kind, kindsAt } from './fault.ts';
import { Victim } from './victim.ts';

/** One call through each door, which says `failed` when its caller is told of a failure. */
const calls: Readonly<Record<Door, string>> = {
  spawn: `await new Promise((resolve) => require('node:child_process').spawn('true').on('exit', resolve)) !== 0 && console.log('failed')`,
  write: `await require('node:fs/promises').writeFile('written', 'text').catch(() => console.log('failed'))`,
  fetch: `await fetch(process.env.ADDRESS).catch(() => console.log('failed'))`,
};

const kinds: readonly Kind[] = kindsAt.spawn;

for (const [door, call] of Object.entries(calls) as [Door, string][])
  test(`every fault happens at a ${door}, also one that was ordered for another door`, async (t) => {
    const dir = await mkdtemp(join(tmpdir(), 'slipway-doors-'));
    t.after(() => rm(dir, { recursive: true, force: true }));
    const server = createServer((_, response) => response.end('here')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    t.after(() => server.close());
    const program = join(dir, 'program.cjs');
    await writeFile(program, `(async () => { ${call}; })();\n`);
    const ends = kinds.map(async (kind, index): Promise<[Kind, unknown]> => {
      const victim = new Victim({
        args: [program],
        cwd: dir,
        temp: dir,
        order: { step: 0, kind, delay: 1 },
        journal: join(dir, `journal-${index}`),
        env: { ADDRESS: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` },
      });
      const { status, out, steps } = await victim.ended;
      return [kind, { status, out: out.trim(), steps: steps.map((step) => [step.door, step.fault]) }];
    });
    assert.deepEqual(
      Object.fromEntries(await Promise.all(ends)),
      Object.fromEntries(
        kinds.map((kind) => [
          kind,
          { status: isKill(kind) ? undefined : 0, out: isKill(kind) ? '' : 'failed', steps: [[door, kind]] },
        ]),
      ),
    );
  });

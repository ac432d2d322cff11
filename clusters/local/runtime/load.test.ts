import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { processesIn } from '../processes.fixture.ts';
import { artifact, started, web } from '../world.fixture.ts';
import type { World } from '../world.ts';

// `SLIPWAY_ROLLOUTS=50` is the long form: npm run test:rollouts.
const rollouts = Number(process.env.SLIPWAY_ROLLOUTS ?? 4);

/** Says its version and what it was sent, after a while; ends when it has answered all that it was asked. */
const echo = `
import { createServer } from 'node:http';
const server = createServer(async (request, response) => {
  let said = '';
  for await (const chunk of request) said += chunk;
  setTimeout(() => response.end(process.env.VERSION + ' ' + process.pid + ' ' + said), Math.random() * 30);
});
server.listen(process.env.PORT, process.env.HOST);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly sent: string;
}

function ask(world: World, sent: string): Promise<Answer> {
  const { hostname, port } = new URL(world.proxy);
  return new Promise((resolve) => {
    const failed = (error: Error) => resolve({ status: 0, body: error.message, sent });
    const method = sent === '' ? 'GET' : 'POST';
    const headers = { host: 'hello.dev.localhost' };
    const asked = request({ hostname, port, method, headers, agent: false }, async (response) => {
      let body = '';
      try {
        for await (const chunk of response) body += chunk;
        resolve({ status: response.statusCode ?? 0, body, sent });
      } catch (error) {
        failed(error as Error);
      }
    });
    asked.on('error', failed);
    asked.end(sent);
  });
}

/** Asks all the time, with and without a body, small and large. */
function visitors(world: World): { readonly stop: () => Promise<Answer[]>; readonly answers: readonly Answer[] } {
  const answers: Answer[] = [];
  let asking = true;
  const all = ['', 'a', '', 'b'.repeat(200_000)].map(async (sent) => {
    while (asking) answers.push(await ask(world, sent));
  });
  return {
    answers,
    stop: async () => {
      asking = false;
      await Promise.all(all);
      return answers;
    },
  };
}

const isRight = ({ status, body, sent }: Answer) => status === 200 && body.split(' ')[2] === sent;
const shown = (answers: readonly Answer[]) => answers.map(({ status, body }) => `${status} ${body.slice(0, 100)}`);

test(`no request fails in ${rollouts} rollouts under load, and every version is seen`, async (t) => {
  const { world, commit, until } = await started(t);
  const digest = await artifact(world, echo);
  const roll = async (version: number) => {
    const revision = await commit(web('hello', digest, { replicas: 2, env: { VERSION: `v${version}` } }));
    await until('hello', (live) => live.health === 'Healthy' && live.revision === revision, 10);
  };
  await roll(0);
  const load = visitors(world);
  for (let version = 1; version <= rollouts; version++) await roll(version);
  await delay(100);
  const answers = await load.stop();
  assert.deepEqual(shown(answers.filter((answer) => !isRight(answer))), []);
  t.diagnostic(`${answers.length} requests, ${rollouts} rollouts`);
  const versions = new Set(answers.map(({ body }) => body.split(' ')[0]));
  assert.equal(versions.size, rollouts + 1);
});

test('a pod that is killed under load fails what it was asked at that moment, and nothing else', async (t) => {
  if (process.platform !== 'linux') return t.skip('it looks for processes in /proc, which only Linux has');
  const { world, commit, until } = await started(t);
  await commit(web('hello', await artifact(world, echo), { replicas: 2, env: { VERSION: 'v1' } }));
  await until('hello', ({ health }) => health === 'Healthy');
  const load = visitors(world);
  while (load.answers.length < 20) await delay(10);
  const victim = Number(load.answers.at(-1)?.body.split(' ')[1]);
  assert.ok(processesIn(world.dir).includes(victim));
  process.kill(victim, 'SIGKILL');
  await until('hello', ({ message }) => message !== undefined, 5);
  await until('hello', ({ health }) => health === 'Healthy');
  await delay(200);
  const answers = await load.stop();
  const failed = answers.filter((answer) => !isRight(answer));
  // Four ask at a time.
  assert.ok(failed.length <= 4, shown(failed).join('\n'));
  const pids = new Set(answers.slice(-40).map(({ body }) => body.split(' ')[1]));
  assert.equal(pids.size, 2);
  assert.ok(!pids.has(String(victim)));
});

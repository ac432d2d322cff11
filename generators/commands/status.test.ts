import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { gitlab } from '../forge/gitlab.ts';
import { hasty } from '../forge/patience.ts';
import { argocd } from '../live/argocd.ts';
import type { Live } from '../model/gate.ts';
import { nextSteps } from '../model/next-steps.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import type { Context } from './context.ts';
import { program } from './hydrate-commit.ts';
import { deliveredBox } from './sandbox.fixture.ts';
import { answerOf } from './shapes.ts';
import { describe } from './status.ts';
import { survey } from './survey.ts';

const launcher = join(program, 'generators/commands/slipway.mjs');
const bare = { ...process.env, ARGOCD_SERVER: '', SLIPWAY_TOKEN: '', SLIPWAY_TIMINGS: '' };

test('status tells what stands, what waits and who went back, and asks whom it can', async (t) => {
  const box = await deliveredBox(t, 'staging');
  const { context } = box;
  const ask = async (given: Partial<Context> = {}) => {
    const said: string[] = [];
    const found = await survey({ ...context, say: (line) => said.push(line), ...given });
    const at = (environment: string, app: string) =>
      found.rows.find((row) => row.environment === environment && row.app === app);
    return { found, at, said };
  };

  await box.change({ a: '2' });
  await box.publish();

  await t.test('what nobody proposed waits for a person without a gate', async () => {
    const { found, at } = await ask();
    const row = at('staging', 'a');
    assert.deepEqual([row?.state, row?.behind, row?.gate?.is, row?.proposed], ['older', 1, 'none', undefined]);
    assert.equal(row?.gate?.since, at('dev', 'a')?.since);
    assert.deepEqual(row?.addresses, ['https://a.staging.example.com/']);
    assert.deepEqual(nextSteps(found, Date.now())[0]?.command, 'npx slipway promote --to staging');
    const lines = describe(found, { now: Date.now(), width: 80 }).map((line) =>
      line
        .replace(/\b[0-9a-f]{8}\b/g, '<commit>')
        .replace(/\d+ (s|min)\b/g, '0 s')
        .replace(/ {2,}/g, '  ')
        .trim(),
    );
    assert.deepEqual(lines, [
      'dev  ──►  staging  ──►  production',
      '2 apps  2 apps  0 apps',
      '↑ 1 app behind dev  ↑ 2 apps behind staging',
      '',
      'env  app  version  commit  since  behind  state',
      'dev  a  1.0  <commit>  0 s  equal',
      'dev  b  1.0  <commit>  0 s  equal',
      '↑  staging  a  1.0  <commit>  0 s  1, 0 s  older',
      'staging  b  1.0  <commit>  0 s  equal',
      '↑  production  a  -  -  -  older',
      '↑  production  b  -  -  -  older',
      '',
      'dev/a  https://a.dev.example.com/',
      'dev/b  https://b.dev.example.com/',
      'staging/a  https://a.staging.example.com/',
      'staging/b  https://b.staging.example.com/',
    ]);
  });

  const [promotion] = await box.promote('staging');
  const iid = promotion?.request?.iid as number;

  await t.test('what is proposed is named, health and sync are told, and what the gate says', async () => {
    const tip = await box.tip('env/dev');
    const live = async (environment: string): Promise<Live[]> =>
      environment !== 'dev'
        ? []
        : [
            { app: 'a', sync: 'Synced', health: 'Degraded', revision: tip, message: 'it crashes', url: 'https://cd/a' },
            { app: 'b', sync: 'OutOfSync', health: 'Healthy', revision: tip },
          ];
    const { found, at } = await ask({ live });
    assert.deepEqual(at('staging', 'a')?.proposed, { branch: 'env/staging-next', iid, url: promotion?.request?.url });
    assert.equal(at('staging', 'b')?.proposed, undefined);
    const requests = found.environments.map(({ name, requests = [] }) => [name, ...requests.map((one) => one.iid)]);
    assert.deepEqual(requests, [['dev'], ['staging', iid], ['production']]);
    const { health, sync, message, url } = at('dev', 'a') ?? {};
    assert.deepEqual([health, sync, message, url], ['Degraded', 'Synced', 'it crashes', 'https://cd/a']);
    assert.equal(at('dev', 'b')?.sync, 'OutOfSync');
    const { is, evidence = [] } = at('staging', 'a')?.gate ?? {};
    assert.equal(is, 'no');
    assert.match(evidence.join(), /dev has it Synced and Degraded: it crashes/);
  });

  await t.test('without a forge its branch says that a proposal waits', async () => {
    const { found, at } = await ask({ forge: undefined });
    assert.deepEqual(at('staging', 'a')?.proposed, { branch: 'env/staging-next' });
    assert.match(describe(found, { now: Date.now(), width: 80 }).join('\n'), /proposal waits/);
  });

  await t.test('who does not answer is said, and leaves it unknown', async () => {
    const refused = (says: string) => () => Promise.reject(new Refusal(says));
    const forge = { ...(context.forge as NonNullable<Context['forge']>), opened: refused('the forge is down') };
    const { found, at, said } = await ask({ forge, live: refused('Argo CD is down') });
    assert.deepEqual(said.sort(), [
      'Argo CD is down Health is not shown.',
      'the forge is down Requests are not shown.',
    ]);
    assert.ok(found.environments.every(({ requests }) => requests === undefined));
    assert.deepEqual([at('staging', 'a')?.gate?.is, at('dev', 'a')?.health], ['unknown', 'unknown']);
  });

  await t.test('who accepts and is silent is waited for once, and named once', async (t) => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const sockets = new Set<Socket>();
    silent.on('connection', (socket) => sockets.add(socket));
    t.after(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const host = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const timeout = 200;
    const { found, said } = await ask({
      forge: gitlab({ host, project: 'g/p', token: 'x', patience: { ...hasty, timeout } }),
      live: argocd({ server: host, token: 'x', timeout }),
    });
    assert.equal(found.rows.length, 6);
    assert.equal(said.length, 2);
    for (const line of said) assert.match(line, /it did not answer in 0\.2 s.* (Health is|Requests are) not shown\.$/);
  });

  await t.test('of a request that was merged and whose branch stayed, nothing waits', async () => {
    await context.forge?.merge(iid, promotion?.request?.sha as string);
    const next = promotion?.request?.sha as string;
    await box.remote.bytes(['update-ref', 'refs/heads/env/staging-next', next]);
    const { at } = await ask({ forge: undefined });
    assert.deepEqual([at('staging', 'a')?.state, at('staging', 'a')?.proposed], ['equal', undefined]);
    assert.equal(at('staging', 'a')?.request, iid);
  });

  await t.test('whoever went back is named, with words that steer no terminal', async () => {
    const person = await box.person('staging');
    await person.git.bytes(['-c', 'core.editor=true', 'revert', '-m', '1', '--no-edit', 'HEAD']);
    await person.git.bytes([
      'commit',
      '--amend',
      '--author',
      'Eve\u001b[31m <e@localhost>',
      '-m',
      'Back \u202eagain\u0007',
    ]);
    await person.push();
    const { found, at } = await ask({ forge: undefined });
    assert.equal(at('staging', 'a')?.held, true);
    const text = describe(found, { now: Date.now(), width: 80 }).join('\n');
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
    assert.match(
      text.replaceAll(/\n +/g, ' '),
      /held: .*Eve.* went back; it stays until npx slipway release --env staging --app a/,
    );
  });

  await t.test('one environment and one app are asked for alone, and what is not there is refused', async () => {
    const lost = 'refs/heads/env/production';
    const tip = await box.tip('env/production');
    await box.remote.bytes(['update-ref', '-d', lost]);
    const without = await survey(context, { environment: 'production' });
    answerOf('status', JSON.stringify({ version: 1, ...without }));
    answerOf('status', JSON.stringify({ version: 1, ...(await survey(context)) }));
    assert.deepEqual(without.environments, [{ name: 'production', after: 'staging', missing: true }]);
    assert.match(
      describe(without, { now: Date.now() }).join('\n'),
      /✗ no branch\n\nproduction: env\/production does not exist/,
    );
    await box.remote.bytes(['update-ref', lost, tip as string]);
    const found = await survey(context, { environment: 'staging', app: 'b' });
    assert.deepEqual(
      found.rows.map(({ environment, app }) => `${environment}/${app}`),
      ['staging/b'],
    );
    assert.deepEqual(
      found.environments.map(({ name }) => name),
      ['staging'],
    );
    await assert.rejects(
      survey(context, { environment: 'stagin' }),
      new Misuse('--env stagin: not an environment; did you mean staging?'),
    );
  });

  await t.test('the command answers with exit code 0 where nobody can be asked', async () => {
    const run = promisify(execFile);
    const options = { cwd: box.checkout.dir, env: bare };
    const told = await run(process.execPath, [launcher, 'status'], options);
    assert.match(told.stdout, /^dev +──► +staging +──► +production\n/);
    assert.match(told.stdout, /Health is not asked: ARGOCD_SERVER and ARGOCD_AUTH_TOKEN are not set\.\n/);
    assert.equal(told.stdout.includes('\u001b'), false);
  });
});

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { Live } from '../model/gate.ts';
import { nextSteps } from '../model/next-steps.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import type { Context } from './context.ts';
import { program } from './hydrate-commit.ts';
import { deliveredBox } from './sandbox.fixture.ts';
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
  });

  const [promotion] = await box.promote('staging');
  const iid = promotion?.request?.iid as number;

  await t.test('an open request is named at what it changes, and at its environment', async () => {
    const { found, at } = await ask();
    assert.deepEqual(at('staging', 'a')?.proposed, { branch: 'env/staging-next', iid, url: promotion?.request?.url });
    assert.equal(at('staging', 'b')?.proposed, undefined);
    const [staging] = found.environments.filter(({ name }) => name === 'staging');
    assert.deepEqual(
      staging?.requests?.map((one) => one.iid),
      [iid],
    );
  });

  await t.test('without a forge its branch says that a proposal waits', async () => {
    const { found, at } = await ask({ forge: undefined });
    assert.deepEqual(at('staging', 'a')?.proposed, { branch: 'env/staging-next' });
    assert.match(describe(found, { now: Date.now(), width: 80 }).join('\n'), /proposal waits/);
  });

  await t.test('a forge that does not answer is said, and leaves it unknown', async () => {
    const opened = () => Promise.reject(new Refusal('the forge is down'));
    const forge = { ...(context.forge as NonNullable<Context['forge']>), opened };
    const { found, said } = await ask({ forge });
    assert.ok(said.includes('the forge is down'));
    assert.ok(found.environments.every(({ requests }) => requests === undefined));
  });

  await t.test('Argo CD tells health and sync, and its gate what keeps an app', async () => {
    const tip = await box.tip('env/dev');
    const live = async (environment: string): Promise<Live[]> =>
      environment !== 'dev'
        ? []
        : [
            { app: 'a', sync: 'Synced', health: 'Degraded', revision: tip, message: 'it crashes', url: 'https://cd/a' },
            { app: 'b', sync: 'OutOfSync', health: 'Healthy', revision: tip },
          ];
    const { at } = await ask({ live });
    const dev = at('dev', 'a');
    assert.deepEqual(
      [dev?.health, dev?.sync, dev?.message, dev?.url],
      ['Degraded', 'Synced', 'it crashes', 'https://cd/a'],
    );
    assert.equal(at('dev', 'b')?.sync, 'OutOfSync');
    const { is, evidence = [] } = at('staging', 'a')?.gate ?? {};
    assert.equal(is, 'no');
    assert.match(evidence.join(), /dev has it Synced and Degraded: it crashes/);

    const down = () => Promise.reject(new Refusal('Argo CD is down'));
    const unknown = await ask({ live: down });
    assert.equal(unknown.at('staging', 'a')?.gate?.is, 'unknown');
    assert.equal(unknown.at('dev', 'a')?.health, 'unknown');
    assert.ok(unknown.said.includes('Argo CD is down'));
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
    await assert.rejects(
      survey(context, { app: 'c' }),
      (error: Error) => error instanceof Misuse && /nothing of it/.test(error.message),
    );
  });

  await t.test('the command answers with exit code 0 where nobody can be asked', async () => {
    const run = promisify(execFile);
    const options = { cwd: box.checkout.dir, env: bare };
    const [json, told] = await Promise.all([
      run(process.execPath, [launcher, 'status', '--json'], options),
      run(process.execPath, [launcher, 'status'], options),
    ]);
    const { version, rows, environments } = JSON.parse(json.stdout);
    assert.deepEqual([version, rows.length, environments.length], [1, 6, 3]);
    assert.match(told.stdout, /^dev +──► +staging +──► +production\n/);
    assert.match(told.stdout, /Health is not asked: ARGOCD_SERVER and ARGOCD_AUTH_TOKEN are not set\.\n/);
    assert.equal(told.stdout.includes('\u001b'), false);
  });
});

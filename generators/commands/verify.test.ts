import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { openMirror } from '../git/mirror.ts';
import { writeCommits } from '../git/write.ts';
import type { Write } from '../model/commit.ts';
import { environmentBranch, head } from '../model/names.ts';
import type { Verification } from '../model/verdict.ts';
import { program } from './hydrate-commit.ts';
import { publish } from './publish.ts';
import { publishedBox, type Sandbox, sandbox } from './sandbox.fixture.ts';
import { verifyEnvironment } from './verify-environment.ts';
import { verifyRendered } from './verify-rendered.ts';

const run = promisify(execFile);
const quiet = { say: () => {} };

async function verifiedEnvironment(box: Sandbox, environment: string): Promise<Verification> {
  const mirror = await openMirror(box.checkout, box.remote.dir);
  return verifyEnvironment(mirror, environment).finally(() => mirror.close());
}

async function verifiedRendered(box: Sandbox, since?: string, now = Date.now()): Promise<Verification> {
  const mirror = await openMirror(box.checkout, box.remote.dir);
  return verifyRendered(mirror, { since, now, ...quiet }).finally(() => mirror.close());
}

/** Puts writes on a branch of the remote, as somebody who may do everything. */
async function tamper(box: Sandbox, branch: string, writes: readonly Write[]): Promise<string> {
  const tip = (await box.tip(branch)) as string;
  const [commit = ''] = await writeCommits(box.remote, tip, [{ message: 'nothing to see here\n', writes }], Date.now());
  await box.remote.bytes(['update-ref', head(branch), commit]);
  return commit;
}

const idOf = (box: Sandbox, path: string) => box.remote.text(['rev-parse', path]);
const faults = ({ verdicts }: Verification) =>
  verdicts.map(({ fault, path }) => `${fault} ${path.replace(/^[0-9a-f]{12}:/, '')}`);

test('what was published and promoted is proven, and so is a rollback', async (t) => {
  const box = await sandbox(t);
  await box.deliver({ a: '1' });
  await box.deliver({ a: '2' });
  const person = await box.person('production');
  await person.git.bytes(['revert', '--no-edit', '-m', '1', 'HEAD']);
  await writeFile(join(person.dir, 'CODEOWNERS'), '* @us\n');
  await person.git.bytes(['add', '.']);
  await person.git.bytes(['commit', '--quiet', '-m', 'owners']);
  await person.push();
  for (const environment of ['dev', 'staging', 'production']) {
    const { verdicts, proven } = await verifiedEnvironment(box, environment);
    assert.deepEqual(verdicts, [], environment);
    assert.equal(proven, 3, environment);
  }
  assert.deepEqual((await verifiedEnvironment(box, 'production')).notes, [
    'CODEOWNERS at the root is kept there by people',
  ]);
  const { verdicts, proven } = await verifiedRendered(box);
  assert.deepEqual(verdicts, []);
  assert.equal(proven, 2);
});

test('every kind of tampering with an environment branch is told, and by its name', async (t) => {
  const box = await publishedBox(t);
  await box.change({ a: '2' });
  await box.publish();
  const branch = environmentBranch('dev');
  const clean = (await box.tip(branch)) as string;
  const deployment = 'a/deployment-a.yaml';
  const blob = await idOf(box, `${clean}:${deployment}`);
  const old = await idOf(box, `${head('rendered')}~1:dev/${deployment}`);
  const table: [string, Write[], string[]][] = [
    ['an edited file', [{ path: deployment, bytes: 'kind: Evil\n' }], ['edited dev/a/deployment-a.yaml']],
    ['an added file', [{ path: 'a/job-x.yaml', bytes: 'kind: Job\n' }], ['edited dev/a/job-x.yaml']],
    ['a removed file', [{ path: 'a/ingress-a.yaml', deleted: true }], ['hybrid dev/a']],
    ['an executable file', [{ path: deployment, mode: '100755', id: blob }], ['edited dev/a/deployment-a.yaml']],
    ['a symbolic link in a part', [{ path: deployment, mode: '120000', id: blob }], ['edited dev/a/deployment-a.yaml']],
    ['a symbolic link for a part', [{ path: 'a', mode: '120000', id: blob }], ['foreign dev/a']],
    ['a submodule', [{ path: 'a', mode: '160000', id: clean }], ['foreign dev/a']],
    ['a submodule beside the parts', [{ path: 'vendor', mode: '160000', id: clean }], ['foreign dev/vendor']],
    ['names that differ by case', [{ path: 'A/deployment-a.yaml', mode: '100644', id: blob }], ['foreign dev/A']],
    [
      'files that differ by case',
      [{ path: 'a/Deployment-a.yaml', mode: '100644', id: blob }],
      ['edited dev/a/Deployment-a.yaml'],
    ],
    [
      'forged provenance',
      [{ path: 'a/hydrator.metadata', bytes: '{}\n' }],
      ['forged provenance dev/a/hydrator.metadata'],
    ],
    ['no provenance', [{ path: 'a/hydrator.metadata', deleted: true }], ['hybrid dev/a']],
    ['an old file in a new part', [{ path: deployment, mode: '100644', id: old }], ['hybrid dev/a']],
    ['a part of another app', [{ path: 'a', mode: '040000', id: await idOf(box, `${clean}:b`) }], ['foreign dev/a']],
    [
      'a part of another environment',
      [{ path: 'a', mode: '040000', id: await idOf(box, 'rendered:production/a') }],
      ['foreign dev/a'],
    ],
    [
      'a folder that is no app',
      [{ path: 'shop', mode: '040000', id: await idOf(box, `${clean}:a`) }],
      ['foreign dev/shop'],
    ],
    ['a pipeline file', [{ path: '.gitlab-ci.yml', bytes: 'evil: {}\n' }], ['foreign dev/.gitlab-ci.yml']],
  ];
  for (const [name, writes, expected] of table) {
    await box.remote.bytes(['update-ref', head(branch), clean]);
    await tamper(box, branch, writes);
    assert.deepEqual(faults(await verifiedEnvironment(box, 'dev')), expected, name);
    // Nothing of it is published over in silence: what is not ours stays, and is said to.
    const { environments } = await box.publish();
    const left = environments[0]?.steps.map(({ state }) => state.is).filter((is) => is !== 'equal') ?? [];
    const touchesApp = writes.some(({ path }) => path === 'a' || path.startsWith('a/'));
    if (touchesApp) assert.deepEqual(left, ['edited'], name);
    assert.deepEqual(environments[0]?.moved, [], name);
  }
});

test('every kind of tampering with rendered is told, refused by the next publish, and mended by a revert', async (t) => {
  const box = await publishedBox(t);
  await box.change({ a: '2' });
  await box.publish();
  const clean = (await box.tip('rendered')) as string;
  const deployment = 'dev/a/deployment-a.yaml';
  const blob = await idOf(box, `${clean}:${deployment}`);
  const published = await box.remote.text(['show', `${clean}:published.json`]);
  const forged = (change: (value: Record<string, unknown>) => void): Write[] => {
    const value = JSON.parse(published) as Record<string, unknown>;
    change(value);
    return [{ path: 'published.json', bytes: `${JSON.stringify(value, null, 2)}\n` }];
  };
  const older = await box.checkout.text(['rev-list', '--max-parents=0', 'HEAD']);
  const table: [string, Write[], RegExp][] = [
    ['an edited file', [{ path: deployment, bytes: 'kind: Evil\n' }], /^edited dev\/a\/deployment-a\.yaml$/],
    ['an added file', [{ path: 'dev/a/job-x.yaml', bytes: 'kind: Job\n' }], /^edited dev\/a\/job-x\.yaml$/],
    ['a removed file', [{ path: 'dev/a/ingress-a.yaml', deleted: true }], /^edited dev\/a\/ingress-a\.yaml$/],
    ['another mode', [{ path: deployment, mode: '100755', id: blob }], /^edited dev\/a\/deployment-a\.yaml$/],
    ['a symbolic link', [{ path: deployment, mode: '120000', id: blob }], /^edited dev\/a\/deployment-a\.yaml$/],
    ['a submodule', [{ path: 'dev/vendor', mode: '160000', id: clean }], /^edited dev\/vendor$/],
    ['names that differ by case', [{ path: 'Dev/x', mode: '100644', id: blob }], /^edited Dev\/x$/],
    [
      'a replayed old part',
      [{ path: 'dev/a', mode: '040000', id: await idOf(box, `${clean}~1:dev/a`) }],
      /^hybrid dev\/a\//,
    ],
    [
      'a part of another app',
      [{ path: 'dev/a', mode: '040000', id: await idOf(box, `${clean}:dev/b`) }],
      /^edited dev\/a\//,
    ],
    [
      'a part of another environment',
      [{ path: 'dev/a', mode: '040000', id: await idOf(box, `${clean}:production/a`) }],
      /^edited dev\/a\//,
    ],
    [
      'forged provenance',
      [{ path: 'dev/a/hydrator.metadata', bytes: '{}\n' }],
      /^forged provenance dev\/a\/hydrator\.metadata$/,
    ],
    ['no provenance', [{ path: 'dev/a/hydrator.metadata', deleted: true }], /^missing provenance dev\/a\//],
    [
      'a wrong key',
      forged((value) => Object.assign(value.keys as object, { a: '0'.repeat(32) })),
      /^forged provenance published\.json$/,
    ],
    [
      'another dry commit',
      forged((value) => Object.assign(value, { drySha: older })),
      /^forged provenance published\.json$/,
    ],
    ['no published.json', [{ path: 'published.json', deleted: true }], /^missing provenance published\.json$/],
  ];
  for (const [name, writes, expected] of table) {
    await box.remote.bytes(['update-ref', head('rendered'), clean]);
    const evil = await tamper(box, 'rendered', writes);
    const found = faults(await verifiedRendered(box, clean));
    assert.ok(
      found.some((line) => expected.test(line)),
      `${name}: ${found.join(', ')}`,
    );
    const next = await box.commit({ 'NOTES.md': name });
    if (name === 'another dry commit') continue;
    await assert.rejects(box.publish(next), /revert that commit on rendered|Revert it on rendered/, name);
    assert.equal(await box.tip('rendered'), evil, name);
  }
  const person = await box.person('dev');
  await person.git.bytes(['checkout', '--quiet', '--detach', 'origin/rendered']);
  await person.git.bytes(['fetch', '--quiet', 'origin', 'rendered']);
  await person.git.bytes(['checkout', '--quiet', '--detach', 'FETCH_HEAD']);
  await person.git.bytes(['revert', '--no-edit', 'HEAD']);
  await person.git.bytes(['push', '--quiet', 'origin', 'HEAD:rendered']);
  assert.equal((await box.publish()).outcome, 'published');
});

test('a date that somebody wrote into rendered hides nothing from whoever verifies the last days', async (t) => {
  const box = await publishedBox(t);
  const clean = (await box.tip('rendered')) as string;
  const write: Write = { path: 'dev/a/deployment-a.yaml', bytes: 'kind: Evil\n' };
  const [evil = ''] = await writeCommits(
    box.remote,
    clean,
    [{ message: 'long ago\n', writes: [write] }],
    Date.parse('2017-01-01'),
  );
  await box.remote.bytes(['update-ref', head('rendered'), evil]);
  assert.ok(faults(await verifiedRendered(box, '8d')).includes('edited dev/a/deployment-a.yaml'));
  const later = Date.now() + 9 * 86_400_000;
  assert.equal((await verifiedRendered(box, '8d', later)).proven, 0, 'all of it is older by then');
  assert.ok(faults(await verifiedRendered(box, '10d', later)).includes('edited dev/a/deployment-a.yaml'));
});

test('an environment is proven by Node alone, without an install', async (t) => {
  const box = await publishedBox(t);
  const dir = await mkdtemp(join(tmpdir(), 'slipway-bare-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  await cp(join(program, 'generators'), join(dir, 'generators'), { recursive: true });
  await cp(join(program, 'package.json'), join(dir, 'package.json'));
  const args = [
    join(dir, 'generators', 'commands', 'slipway.mjs'),
    'verify',
    '--env',
    'dev',
    '--remote',
    box.remote.dir,
  ];
  const { stdout } = await run(process.execPath, args, { cwd: box.checkout.dir });
  assert.match(stdout, /^env\/dev at [0-9a-f]{12} is proven: 3 parts\n$/);
});

test('commits are signed where git is told to, and a signature that is missing or does not hold is told', async (t) => {
  const keygen = await run('ssh-keygen', ['-?']).catch((error: NodeJS.ErrnoException) => error);
  if ('code' in keygen && keygen.code === 'ENOENT') return t.skip('ssh-keygen is not installed (openssh-client)');
  const box = await sandbox(t);
  const key = join(box.dir, 'key');
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'slipway', '-f', key]);
  const { stdout } = await run('ssh-keygen', ['-y', '-f', key]);
  await writeFile(join(box.dir, 'signers'), `slipway@noreply.invalid ${stdout}`);
  const settings = { 'commit.gpgSign': 'true', 'gpg.format': 'ssh', 'user.signingKey': `${key}.pub` };
  await box.publish();
  for (const [name, value] of Object.entries(settings)) await box.checkout.bytes(['config', name, value]);
  await box.checkout.bytes(['config', 'gpg.ssh.allowedSignersFile', join(box.dir, 'signers')]);
  await box.change({ a: '2' });
  await box.publish();
  assert.equal(await box.remote.text(['log', '-1', '--format=%cn', 'rendered']), 'Slipway');
  for (const branch of ['rendered', 'env/dev'])
    assert.match(await box.remote.text(['cat-file', 'commit', branch]), /^gpgsig /m, branch);
  assert.deepEqual((await verifiedRendered(box)).verdicts, []);
  assert.deepEqual((await verifiedEnvironment(box, 'dev')).verdicts, []);

  await box.checkout.bytes(['config', 'commit.gpgSign', 'false']);
  await box.change({ b: '2' });
  await box.publish();
  const unsigned = await verifiedRendered(box);
  assert.deepEqual(
    unsigned.verdicts.map(({ fault }) => fault),
    ['signature'],
  );
  assert.match(unsigned.verdicts[0]?.says ?? '', /it is not signed, and [0-9a-f]{12} before it is/);
  assert.deepEqual(
    (await verifiedEnvironment(box, 'dev')).verdicts.map(({ fault }) => fault),
    ['signature'],
  );

  // Another key signs in the name of ours.
  const other = join(box.dir, 'other');
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'other', '-f', other]);
  await box.checkout.bytes(['config', 'commit.gpgSign', 'true']);
  await box.checkout.bytes(['config', 'user.signingKey', `${other}.pub`]);
  await box.change({ b: '3' });
  await box.publish();
  assert.equal((await verifiedRendered(box)).verdicts.length, 2);
});

test('a commit that another Node rendered is told apart from an edit', async (t) => {
  const box = await publishedBox(t);
  await box.change({ a: '2' });
  const dry = await box.checkout.text(['rev-parse', 'HEAD']);
  await publish(box.context, { images: new Map() });
  const deployment = 'dev/a/deployment-a.yaml';
  const text = await box.remote.text(['show', `rendered:${deployment}`]);
  const published = JSON.parse(await box.remote.text(['show', 'rendered:published.json'])) as object;
  const tip = (await box.tip('rendered')) as string;
  const tree = async (bytes: string) => {
    const writes = [
      { path: deployment, bytes },
      { path: 'published.json', bytes: `${JSON.stringify({ ...published, node: 'v20.0.0' }, null, 2)}\n` },
    ];
    const [commit = ''] = await writeCommits(box.remote, tip, [{ message: 'x\n', writes }], Date.now());
    return box.remote.text(['rev-parse', `${commit}^{tree}`]);
  };
  const otherwise = await box.remote.text([
    'commit-tree',
    '-p',
    `${tip}^`,
    '-m',
    `Publish ${dry}`,
    await tree(`${text}\n# otherwise\n`),
  ]);
  await box.remote.bytes(['update-ref', head('rendered'), otherwise]);
  const found = await verifiedRendered(box);
  assert.ok(faults(found).includes('toolchain dev/a/deployment-a.yaml'), JSON.stringify(found.verdicts));
});

test('a render that gives another answer each time is told apart from an edit', async (t) => {
  const box = await sandbox(t);
  // The traps let it pass: the folder of a render is another one each time, and only its digest is shown.
  const file = 'generators/model/manifest.ts';
  const text = await box.checkout.text(['show', `HEAD:${file}`]);
  const drifting = text
    .replace(
      "import { formatYaml } from './yaml.ts';",
      "import { createHash } from 'node:crypto';\nimport { formatYaml } from './yaml.ts';",
    )
    .replace(
      'formatYaml(manifest,',
      "'# ' + createHash('sha256').update(import.meta.url).digest('hex') + '\\n' + formatYaml(manifest,",
    );
  assert.equal(drifting.match(/createHash/g)?.length, 2);
  await box.commit({ [file]: `${drifting}\n` });
  await box.publish();
  const found = await verifiedRendered(box);
  assert.deepEqual([...new Set(found.verdicts.map(({ fault }) => fault))], ['not deterministic']);
  assert.ok(faults(found).includes('not deterministic dev/a/deployment-a.yaml'));
});

test('what somebody else put into rendered reaches no environment, whoever publishes again or late', async (t) => {
  const box = await sandbox(t);
  const first = await box.checkout.text(['rev-parse', 'HEAD']);
  await box.publish();
  const second = await box.change({ a: '2' });
  await box.publish();
  const before = await box.tip('env/dev');
  await tamper(box, 'rendered', [{ path: 'dev/a/deployment-a.yaml', bytes: 'kind: Evil\n' }]);
  for (const dry of [second, first]) await assert.rejects(box.publish(dry), /was changed by somebody else/);
  assert.equal(await box.tip('env/dev'), before);
});

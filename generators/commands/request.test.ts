import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { environmentAt, readRendered } from '../git/history.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { readNewest } from '../git/published.ts';
import type { Answer } from '../model/gate.ts';
import { head, rendered } from '../model/names.ts';
import { plan, type Step } from '../model/promotion.ts';
import type { RequestKind, RequestText } from '../model/request.ts';
import type { EnvironmentHistory } from '../model/timeline.ts';
import { chain } from './chain.ts';
import { tell } from './changes.ts';
import { appsIndex, environmentsFile, fixtureApp, type Sandbox, sandbox } from './sandbox.fixture.ts';

// What a reviewer reads, situation by situation, in requests/NAME.md. Read them when they change: that is what they are
// for. SLIPWAY_UPDATE=1 writes them anew.

const folder = join(import.meta.dirname, 'requests');

function reviewed(name: string, { title, body }: Pick<RequestText, 'title' | 'body'>): void {
  const text = `# ${title}\n\n${body}`
    .replace(/\b[0-9a-f]{40}\b/g, '<sha>')
    .replace(/\b(?!0123456789ab)[0-9a-f]{12}\b/g, '<sha>')
    .replace(/on \d{4}-\d\d-\d\d,/g, 'on <date>,');
  const file = join(folder, `${name}.md`);
  if (process.env.SLIPWAY_UPDATE === '1') {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, text);
  }
  assert.equal(text, readFileSync(file, 'utf8'), `${name}.md; SLIPWAY_UPDATE=1 writes it anew: then read it`);
}

interface Asked {
  readonly environment?: string;
  readonly source?: string;
  /** @default promotion */
  readonly kind?: RequestKind;
  /** The apps that the request moves. */
  readonly apps: readonly string[];
  readonly left?: readonly string[];
  readonly held?: readonly string[];
  /** What the gate saw, by app. */
  readonly seen?: Readonly<Record<string, Answer>>;
  /** @default 2026-11-20 */
  readonly today?: string;
}

/** The text of a request for these apps alone, as a promotion would have it. */
async function telling(box: Sandbox, asked: Asked): Promise<RequestText> {
  const mirror = await openMirror(box.checkout, box.context.remote);
  try {
    return await tellIn(mirror, asked);
  } finally {
    await mirror.close();
  }
}

async function tellIn(
  mirror: Mirror,
  {
    environment = 'staging',
    source = 'dev',
    kind = 'promotion',
    apps,
    left = [],
    held = [],
    seen = {},
    today = '2026-11-20',
  }: Asked,
): Promise<RequestText> {
  const history = await readRendered(mirror.git, mirror.refs.get(head(rendered)));
  const target = (await environmentAt(mirror, environment)) as EnvironmentHistory;
  const sourceHistory = await environmentAt(mirror, source);
  const all = plan({ rendered: history, environment, target, source: { environment: source, history: sourceHistory } });
  const lastOfOurs = (name: string) => {
    const timeline = history.timelines.get(`${environment}/${name}`);
    const part = timeline?.parts().find((one) => target.seen.get(name)?.has(one)) ?? '';
    return { part, commit: history.commits[timeline?.place(part) ?? -1] ?? '', vouched: undefined };
  };
  const of = (names: readonly string[]) => all.filter(({ name }) => names.includes(name));
  const steps = of(apps).map((step): Step => (kind === 'repair' ? { ...step, offer: lastOfOurs(step.name) } : step));
  assert.equal(steps.length, apps.length);
  return tell(mirror, {
    kind,
    rendered: history,
    published: await readNewest(mirror),
    environment,
    source,
    target,
    sourceHistory,
    steps,
    chain: await chain(mirror, { target, steps }),
    vouched: new Map(
      Object.entries(seen).map(([name, answer]) => [name, { part: undefined, answers: [answer], waits: [] }]),
    ),
    left,
    held: of(held),
    today,
  });
}

/** Commits to main with somebody's name and words. */
async function commit(
  box: Sandbox,
  message: string,
  files: Readonly<Record<string, string>>,
  author = 'Ann',
): Promise<string> {
  await box.commitQuietly(files);
  const amend = ['commit', '--quiet', '--amend', '--allow-empty', '--no-verify', '--cleanup=verbatim', '-F', '-'];
  await box.checkout.bytes([...amend, `--author=${author} <someone@example.com>`], message);
  return box.checkout.text(['rev-parse', 'HEAD']);
}

const push = (box: Sandbox) => box.checkout.bytes(['push', '--quiet', 'origin', 'HEAD:main']);

const app = (name: string, fields: object = {}) => ({ [`apps/${name}/app.ts`]: fixtureApp(name, fields) });
const image = (name: string, version: string) =>
  `registry.example.com/${name}:${version}@sha256:${version.replaceAll('.', '').padEnd(64, '0123456789abcdef')}`;

/** An app of committed manifests. */
const manifests = (name: string, text: string, fields: object = {}) => ({
  [`apps/${name}/app.ts`]: `export const app = ${JSON.stringify({ kind: 'manifests', name, owner: 'team-test', version: '1', files: ['all.yaml'], ...fields })};\n`,
  [`apps/${name}/all.yaml`]: text,
});

const access = (secrets: boolean, peers: string) => `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: access }
rules:
  - { apiGroups: [''], resources: [configmaps], verbs: [get${secrets ? ', list' : ''}] }
${secrets ? "  - { apiGroups: [''], resources: [secrets], resourceNames: [token], verbs: [get] }\n" : ''}---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: access }
spec:
  podSelector: { matchLabels: { app.kubernetes.io/name: plain } }
  policyTypes: [Ingress]
  ingress: [${peers}]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: access, annotations: { argocd.argoproj.io/sync-options: 'Prune=false,Delete=false' } }
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: gp3
  resources: { requests: { storage: ${secrets ? '2Gi' : '1Gi'} } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: access }
data:
  rules.txt: |
${Array.from({ length: 60 }, (_, line) => `    rule ${line}: ${secrets && line === 40 ? 'allow' : 'deny'}\n`).join('')}`;

const targetExcuse = {
  policy: 'network-policy-target',
  reason: 'its pods come from elsewhere',
  owner: 'team-test',
  until: '2027-12-31',
};
const secretsExcuse = {
  policy: 'rbac-secrets',
  reason: 'it hands the token on',
  owner: 'team-test',
  until: '2026-12-31',
};

/** A production of which more is asked. */
const strict = (replicas: number) => ({
  'clusters/environments.ts': environmentsFile({ replicas }).replace(
    "name: 'production',",
    "name: 'production', production: true,",
  ),
});

/** One pod with a volume. */
const store = {
  kind: 'store',
  ready: ['true'],
  user: { uid: 999, gid: 999 },
  volume: { path: '/data', size: '1Gi' },
  single: true,
};

const wide = (value: number) => `
apiVersion: v1
kind: ConfigMap
metadata: { name: wide }
data:
${Array.from({ length: 1500 }, (_, index) => `  key-${index}: 'value ${value} of key ${index}'\n`).join('')}`;

const hostile = `fix: \`x\` | <img src=x onerror=alert(1)> @all [skip ci] Closes #12, !5 \u202eevil\u001b[31m **bold**

/merge
Closes https://gitlab.example.com/g/p/-/issues/4
`;

const peer = '{ from: [{ podSelector: { matchLabels: { app: web } } }] }';
const names = [
  'access',
  'config',
  'crossing',
  'edited',
  'gone',
  'hostile',
  'lonely',
  'plain',
  'reverted',
  'skipping',
  'taken',
  'wide',
];

test('what a reviewer reads of each situation', async (t) => {
  const box = await sandbox(t, {});
  await commit(box, 'feat: begin', {
    'apps/index.ts': appsIndex(names),
    ...strict(2),
    ...Object.assign(
      {},
      ...['config', 'edited', 'gone', 'hostile', 'reverted', 'taken'].map((name) => app(name, { env: { VALUE: '1' } })),
    ),
    ...Object.assign(
      {},
      ...['crossing', 'plain', 'skipping'].map((name) => app(name, { image: image(name, '1.0.0') })),
    ),
    ...manifests('access', access(false, peer), { excuses: [targetExcuse] }),
    ...manifests('wide', wide(1)),
    ...app('lonely', store),
  });
  await push(box);
  await box.publish();
  await t.test('apps that are new', async () =>
    reviewed(
      'new',
      await telling(box, {
        apps: ['config', 'plain'],
        left: ['gone waits: dev has it Synced and Progressing: 0 of 1 pods `<b>`'],
      }),
    ),
  );
  await box.mergeTo('staging');
  await t.test('what a policy warns of from now on', async () =>
    reviewed('warning', await telling(box, { environment: 'production', source: 'staging', apps: ['lonely'] })),
  );
  await box.mergeTo('production');

  const migration = { args: ['migrate'], deadline: '5m' };
  await commit(box, 'feat(skipping): one', app('skipping', { image: image('skipping', '1.1.0') }));
  await commit(box, 'feat(taken): louder\n\nNobody heard it.', app('taken', { env: { VALUE: '2' } }), 'Ben');
  await commit(
    box,
    'feat(crossing): columns',
    app('crossing', { image: image('crossing', '1.1.0'), migration: { ...migration, reversible: false } }),
  );
  await commit(box, 'perf(production): more of everything', strict(3), 'Cleo');
  await push(box);
  await box.publish();
  // Only what is named goes on: somebody left the others out.
  await t.test('a change that only production gets', async () => {
    const asked = { environment: 'production', source: 'staging', apps: ['config', 'plain'] };
    reviewed('only-production', await telling(box, asked));
  });

  const taken = await box.person('staging');
  await box.promote('staging');
  await taken.git.bytes(['fetch', '--quiet', 'origin', 'env/staging-next']);
  const louder = await taken.git.text(['log', '--format=%H', '--max-count=1', 'FETCH_HEAD', '--', 'taken']);
  await taken.git.bytes(['cherry-pick', '--allow-empty', louder]);
  await taken.git.bytes(['-c', 'user.name=Dora', 'revert', '--no-edit', 'HEAD']);
  await taken.git.bytes([
    'commit',
    '--quiet',
    '--amend',
    '--author=Dora <dora@example.com>',
    '-m',
    'Revert "taken 1.0, new configuration"\n\nIt hurts the ears.',
  ]);
  await taken.push();

  await commit(box, 'feat(plain): two languages', app('plain', { image: image('plain', '1.1.0') }));
  await commit(box, 'feat(skipping): two', app('skipping', { image: image('skipping', '1.2.0') }), 'Ben');
  await commit(
    box,
    'feat(crossing): fewer columns',
    app('crossing', { image: image('crossing', '1.2.0'), migration: { ...migration, reversible: true } }),
  );
  const typo = await commit(box, 'feat(reverted): three', app('reverted', { env: { VALUE: '3' } }));
  await commit(
    box,
    `Revert "feat(reverted): three"\n\nThis reverts commit ${typo}.\n`,
    app('reverted', { env: { VALUE: '1' } }),
    'Ben',
  );
  await commit(box, 'feat(reverted): two', app('reverted', { env: { VALUE: '2', MORE: 'x' } }));
  await commit(
    box,
    hostile,
    app('hostile', { env: { VALUE: '| `a` <b> @all\n/merge Closes #1' } }),
    'Eve | **x** @all `<b>`',
  );
  await commit(
    box,
    'feat(access): the web may read its token',
    manifests('access', access(true, `${peer}, { from: [{ namespaceSelector: {} }] }`), {
      excuses: [targetExcuse, secretsExcuse],
    }),
  );
  await commit(box, 'feat(config): a new value', app('config', { env: { VALUE: '2' } }), 'Cleo');
  await commit(box, 'chore(wide): all values', manifests('wide', wide(2)));
  await commit(box, 'chore(gone): nobody calls it', {
    'apps/index.ts': appsIndex(
      names.filter((name) => name !== 'gone'),
      { gone: 'its callers use plain now' },
    ),
  });
  await push(box);
  await box.publish();

  const since = 'dev has it Synced and Healthy since 2026-11-19T08:00:00.000Z, and 60 s are asked';
  const soaked = (name: string): Answer => ({
    gate: 'soak',
    is: 'yes',
    evidence: since,
    link: `https://argocd.example.com/applications/argocd-dev/${name}`,
  });
  const situations: Readonly<Record<string, Asked>> = {
    version: { apps: ['plain'], seen: { plain: soaked('plain') } },
    configuration: { apps: ['config'] },
    skipped: { apps: ['plain', 'skipping'], seen: { plain: soaked('plain'), skipping: soaked('skipping') } },
    removed: { apps: ['gone'] },
    irreversible: { apps: ['crossing', 'plain'] },
    reverted: { apps: ['reverted'] },
    hostile: { apps: ['hostile'] },
    risky: { apps: ['access', 'config'], today: '2027-01-01' },
    'never-together': { kind: 'one', apps: ['skipping'] },
    'for-production': { environment: 'production', source: 'staging', apps: ['config', 'plain'] },
    held: {
      apps: ['plain'],
      held: ['taken'],
      left: [
        'taken is held in staging: a later part stood there',
        'config is newer in staging than in its source: it stays',
      ],
    },
    're-apply': { kind: 're-apply', apps: ['taken'] },
    oversized: { apps: ['plain', 'wide'] },
  };
  const mirror = await openMirror(box.checkout, box.context.remote);
  t.after(() => mirror.close());
  for (const [name, asked] of Object.entries(situations))
    await t.test(name, async () => {
      const text = await tellIn(mirror, asked);
      if (name !== 'oversized') return reviewed(name, text);
      assert.ok(text.body.length <= 60_000 && text.report.length > 90_000, `${text.body.length} ${text.report.length}`);
      assert.match(text.report, /key-1499: "value 1 of key 1499" → "value 2 of key 1499"/);
      reviewed(name, {
        ...text,
        body: text.body.replace(/(\n {2}- `data\.key-[^\n]*){500,}/, '\n  - (hundreds of lines)'),
      });
    });

  await t.test('an unchanged state gives the same text', async () => {
    const asked = { apps: ['access', 'plain', 'skipping'], held: ['taken'] };
    assert.deepEqual(await telling(box, asked), await tellIn(mirror, asked));
  });

  await t.test('repair', async () => {
    const person = await box.person('staging');
    const file = join(person.dir, 'edited', 'deployment-edited.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('replicas: 1', 'replicas: 7'));
    writeFileSync(join(person.dir, 'edited', 'b`|.yaml'), 'a: &a [*a]\n');
    await person.git.bytes(['add', '--all']);
    await person.git.bytes([
      'commit',
      '--quiet',
      '--author=Eve @all <eve@example.com>',
      '-m',
      'quick fix [skip ci] Closes #1',
    ]);
    await person.push();
    reviewed('repair', await telling(box, { kind: 'repair', apps: ['edited'] }));
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Item, type RequestFacts, requestText } from './request.ts';

// What a reviewer reads of real situations stands in commands/requests.

const metadata = (version: string, drySha: string) => ({
  repoURL: 'r',
  drySha: drySha.repeat(40),
  commands: [],
  version,
});
const item = (name: string, fields: Partial<Item> = {}): Item => ({
  ...{ name, from: metadata('1.0.1', 'a'), to: metadata('1.0.2', 'b') },
  ...{
    irreversible: [],
    skipped: [],
    evidence: [],
    too: [],
    only: [],
    illegible: [],
    excused: [],
    ended: [],
    warns: [],
  },
  ...fields,
});
const facts = (items: readonly Item[], fields: Partial<RequestFacts> = {}): RequestFacts => ({
  ...{ kind: 'promotion', environment: 'staging', source: 'dev', repository: 'https://gitlab.example.com/g/p.git' },
  ...{ items, chapters: [], compared: true, apart: [], left: [], held: [] },
  ...fields,
});
const commit = { sha: 'c'.repeat(40), author: 'Ann', subject: 'feat: greet', folders: new Set<string>() };
const told = (repository: string) =>
  requestText(facts([item('a')], { repository, chapters: [{ apps: ['a'], shared: false, stories: [{ commit }] }] }))
    .body;

test('what is not there is not mentioned', () => {
  const { title, body, report } = requestText(
    facts([item('a'), item('.gitlab-ci.yml', { from: undefined, to: undefined })]),
  );
  assert.equal(title, 'Promote to staging: a 1.0.2, .gitlab-ci.yml');
  assert.equal(report, body);
  assert.equal(
    body,
    `a and the pipeline file from dev to staging.

| app | from | to | |
|---|---|---|---|
| a | 1.0.1 | 1.0.2 |  |
| .gitlab-ci.yml | – | updated |  |

No gate was asked.

### To undo it
After the merge: \`git revert -m 1 <merge commit>\` on \`env/staging\`, or \`npx slipway rollback --env staging --app a\`. What was taken back stays so until somebody releases it.
`,
  );
});

test('a commit is linked where the repository has a web address, and named otherwise', () => {
  const link = `- [cccccccccccc](https://gitlab.example.com/g/p/-/commit/${commit.sha}) \`feat: greet\` by \`Ann\``;
  for (const repository of [
    'https://gitlab.example.com/g/p.git',
    'https://gitlab.example.com/g/p',
    'https://gitlab.example.com/g/p/',
  ])
    assert.ok(told(repository).includes(link), repository);
  for (const repository of [
    'git@gitlab.example.com:g/p.git',
    'file:///srv/p.git',
    '/srv/p.git',
    'https://x/) <img src=x>',
    'https://u:t@x/p',
  ])
    assert.ok(told(repository).includes('- cccccccccccc `feat: greet` by `Ann`'), repository);
});

test('evidence names the gate, what was seen, and where; no other address becomes a link', () => {
  const answer = { gate: 'soak', is: 'yes', evidence: 'dev has it Healthy since 08:00' } as const;
  const body = (link?: string) =>
    requestText(facts([item('a', { evidence: [{ ...answer, link }] }), item('b', { evidence: [answer] })])).body;
  assert.ok(body().includes('### Evidence\n- a and b, soak: dev has it Healthy since 08:00\n'));
  assert.ok(
    body('https://argocd.example.com/a').includes(
      '- a, soak: dev has it Healthy since 08:00 ([Argo CD](https://argocd.example.com/a))\n',
    ),
  );
  assert.ok(body('javascript:alert(1)').includes('- a, soak: dev has it Healthy since 08:00\n'));
});

test('what is left out is told in its own words, and these do nothing', () => {
  const left = ['a waits: dev has it Synced: <b> @all', 'b is newer in staging than in its source: it stays'];
  const { body } = requestText(facts([item('a')], { left }));
  assert.ok(
    body.includes(
      '### Left out\n- a waits: `dev has it Synced: ‹b> @ all`\n- b is newer in staging than in its source: it stays\n',
    ),
  );
});

test('a title is no longer than a forge takes', () => {
  const items = Array.from({ length: 1000 }, (_, index) => item(`a-long-name-of-an-app-${index}`));
  const { title, body } = requestText(facts(items));
  assert.ok(title.length <= 255 && title.endsWith(' more'), title);
  assert.ok(body.length <= 60_000);
  assert.match(body, /^1000 apps from dev to staging/);
});

test('a body that is too long keeps its first lines, the versions, what is left out and how to undo it', () => {
  const only = Array.from({ length: 3000 }, (_, index) => ({
    ...{ group: '', kind: 'ConfigMap', namespace: '', name: `${index}`, change: 'changed' as const },
    fields: [{ path: ['data', 'x'], before: 'old', after: `new ${index}` }],
  }));
  const crossing = item('a', { irreversible: ['1.0.2'], only });
  const { body, report } = requestText(facts([crossing, item('b')], { left: ['c is newer in staging: it stays'] }));
  assert.ok(body.length <= 60_000 && body.length > 55_000, `${body.length}`);
  assert.match(body, /^\*\*a crosses a migration that cannot be undone\*\* \(1\.0\.2\)/);
  for (const kept of [
    '| b | 1.0.1 | 1.0.2 |',
    '- c is newer in staging',
    'Not a: see the first lines.',
    'more lines, cut for its length',
  ])
    assert.ok(body.includes(kept), kept);
  assert.ok(report.includes('`ConfigMap/2999`') && !body.includes('`ConfigMap/2999`'));
});

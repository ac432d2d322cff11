import assert from 'node:assert/strict';
import { test } from 'node:test';
import { branchesOf, historyOf, lockfileOf, ownersFileOf, pipelineOf, servicesIn } from './repository-setup.ts';

test('the branches of the published path are there', () => {
  const there = new Set(['main', 'rendered', 'env/dev', 'env/staging', 'env/dev-next']);
  const verdicts = (branches: ReadonlySet<string>, path: readonly string[] | undefined) =>
    branchesOf(branches, path).map(({ verdict, says }) => [verdict, says]);
  assert.deepEqual(verdicts(there, ['dev', 'staging']), [['ok', 'main, rendered, env/dev, env/staging exist.']]);
  assert.deepEqual(verdicts(there, ['dev', 'qa', 'prod']), [['wrong', 'env/qa, env/prod do not exist at the remote.']]);
  assert.match(verdicts(new Set(['main']), undefined).join(), /^unknown,Nothing was published yet/);
  assert.deepEqual(verdicts(new Set(['rendered']), undefined), [['wrong', 'main does not exist at the remote.']]);
});

test('a shallow clone cannot answer', () => {
  assert.equal(historyOf(false).verdict, 'ok');
  assert.deepEqual([historyOf(true).verdict, historyOf(true).run], ['wrong', 'git fetch --unshallow']);
});

const service = (folder: string) => `  - local: /generators/ci/service.yml
    inputs:
      name: ${folder}
      folder: ${folder}
      repository: $CI_REGISTRY_IMAGE/${folder}
    rules:
      - if: '"$[[ inputs.task ]]" == "pipeline"'
`;
const pipeline = (...folders: string[]) =>
  `include:\n  - local: /generators/ci/jobs.yml\n${folders.map(service).join('')}  - local: /generators/ci/clusters.yml\n    inputs: { cluster: nonprod }\n`;

test('the pipeline builds what apps are built from, and nothing else', () => {
  assert.deepEqual(servicesIn(pipeline('service', 'shop')), ['service', 'shop']);
  const table: [string | undefined, string[], string[]][] = [
    [pipeline('service'), ['service'], ['ok pipeline']],
    [pipeline(), [], ['ok pipeline']],
    [pipeline('service'), ['service', 'shop'], ['wrong service shop']],
    [pipeline('service', 'shop'), ['shop'], ['wrong service service']],
    [pipeline('service'), ['shop'], ['wrong service shop', 'wrong service service']],
    [undefined, ['service'], ['wrong pipeline']],
  ];
  for (const [text, builds, expected] of table)
    assert.deepEqual(
      pipelineOf(text, builds).map(({ name, verdict }) => `${verdict} ${name}`),
      expected,
    );
  assert.match(pipelineOf(pipeline('old'), [])[0]?.says ?? '', /builds old\/, and no app runs it/);
});

test('CODEOWNERS is what the apps say', () => {
  const table: [string | undefined, 'ok' | 'wrong', RegExp][] = [
    ['* @a\n', 'ok', /as the apps do/],
    ['* @b\n', 'wrong', /the wrong people/],
    [undefined, 'wrong', /There is no/],
  ];
  for (const [there, verdict, says] of table) {
    const found = ownersFileOf(there, '* @a\n');
    assert.deepEqual(
      [found.verdict, found.run],
      [verdict, verdict === 'ok' ? undefined : 'npx slipway owners --write'],
    );
    assert.match(found.says, says);
  }
});

test('a lockfile is of the package.json beside it', () => {
  const wants = { dependencies: { zod: '4.6.7' }, devDependencies: { typescript: '7.0.2' } };
  assert.equal(lockfileOf('', wants, wants).verdict, 'ok');
  assert.equal(lockfileOf('', { name: 'x' }, { name: 'y' }).verdict, 'ok');
  const other = lockfileOf('', wants, { ...wants, dependencies: { zod: '4.6.6' } });
  assert.deepEqual([other.verdict, other.run], ['wrong', 'npm install --package-lock-only --ignore-scripts']);
  assert.match(other.says, /\(zod\)/);
  const more = lockfileOf('shop/', wants, { dependencies: { ...wants.dependencies, old: '1' } });
  assert.match(more.says, /\(old, typescript\)/);
  assert.equal(more.run, 'npm install --package-lock-only --ignore-scripts --prefix shop');
  assert.match(lockfileOf('', wants, undefined).says, /There is none/);
});

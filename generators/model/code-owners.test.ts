import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOwners, environmentOwners, type Owned } from './code-owners.ts';
import { Misuse } from './refusal.ts';

const repository = 'https://gitlab.com/example/slipway.git';
const apps: Owned[] = [
  { name: 'shop', owner: 'team-shop', folder: 'shop-service' },
  { name: 'classes', owner: 'team-platform', isPlatform: true },
  { name: 'shop-report', owner: 'team-report', folder: 'shop-service' },
  { name: 'redis', owner: 'team-platform' },
];

/** Whom GitLab asks about a file: https://docs.gitlab.com/user/project/codeowners/reference/#path-matching */
function asked(text: string, path: string): string[] {
  const rules = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const owners = rules.flatMap((line) => {
    // One space parts a pattern of ours from its owners, each of which is a group.
    assert.match(line, /^(\*|(\/[\w.-]+)+\/)( @[\w.-]+(\/[\w.-]+)*)+$/, line);
    const [pattern = '', ...groups] = line.split(' ');
    return pattern === '*' || `/${path}`.startsWith(pattern) ? [groups] : [];
  });
  return owners.at(-1) ?? [];
}

test("an app is its team's, what an image is built from that of all who run it, and the rest the platform's", () => {
  const text = codeOwners(apps, repository);
  const table: [string, string[]][] = [
    ['apps/shop/app.ts', ['@example/team-shop']],
    ['apps/shop-report/app.ts', ['@example/team-report']],
    ['apps/redis/restore.ts', ['@example/team-platform']],
    ['shop-service/Dockerfile', ['@example/team-report', '@example/team-shop']],
    ['apps/index.ts', ['@example/team-platform']],
    ['clusters/environments.ts', ['@example/team-platform']],
    ['generators/render.ts', ['@example/team-platform']],
    ['.gitlab-ci.yml', ['@example/team-platform']],
    // Nobody makes himself an owner.
    ['.gitlab/CODEOWNERS', ['@example/team-platform']],
    ['package-lock.json', ['@example/team-platform']],
  ];
  for (const [path, owners] of table) assert.deepEqual(asked(text, path), owners, path);
});

test("on an environment branch a part is its team's, and the CI file the platform's", () => {
  const text = environmentOwners(
    apps.filter(({ name }) => name.startsWith('shop')),
    apps,
    repository,
  );
  assert.deepEqual(asked(text, 'shop/deployment-shop.yaml'), ['@example/team-shop']);
  assert.deepEqual(asked(text, 'shop-report/job.yaml'), ['@example/team-report']);
  assert.deepEqual(asked(text, '.gitlab-ci.yml'), ['@example/team-platform']);
  assert.deepEqual(asked(text, 'CODEOWNERS'), ['@example/team-platform']);
});

test('the order in which apps are listed changes nothing', () => {
  assert.equal(codeOwners(apps.toReversed(), repository), codeOwners(apps, repository));
});

test('teams are groups beside the project, however deep it stands', () => {
  const first = (url: string) => codeOwners(apps, url).split('\n')[2];
  assert.equal(first('https://gitlab.acme.dev/a/b/c/slipway.git'), '* @a/b/c/team-platform');
  assert.equal(first('ssh://git@gitlab.acme.dev:2222/a/slipway'), '* @a/team-platform');
});

test('no comment names anybody, since GitLab would ask them', () => {
  const comments = codeOwners(apps, repository)
    .split('\n')
    .filter((line) => line.startsWith('#'));
  assert.equal(comments.length, 1);
  assert.doesNotMatch(comments.join(), /@/);
});

test('where nobody answers for the platform, nothing is written', () => {
  assert.throws(() => codeOwners(apps.slice(0, 1), repository), Misuse);
});

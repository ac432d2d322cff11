import assert from 'node:assert/strict';
import { appendFile, chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, after as cleanUp, describe, test } from 'node:test';
import { environmentBranch } from '../model/names.ts';
import { type Person, type Sandbox, sandbox } from './sandbox.fixture.ts';
import { describe as told } from './status.ts';
import { survey } from './survey.ts';

// Everything that people do to an environment branch, each made with real git on the same history: production runs
// a 3 and b 2, staging offers a 4 and b 3. `status` names it, and the next promotion leaves alone what was touched.

interface Form {
  readonly what: string;
  readonly environment?: 'dev';
  readonly act: (person: Person, box: Sandbox) => Promise<unknown>;
  /** What `status` says of each app, as `value state`; the state is `held`, `edited`, or what the plan says. */
  readonly a: string;
  readonly b: string;
  /** What the rows' notes say, where they say more than the state. */
  readonly says?: RegExp;
  /** What is named as foreign, as `name is`. */
  readonly foreign?: readonly string[];
}

const git = (person: Person, ...args: string[]) => person.git.bytes(args);
const commitAs = (person: Person, message: string, author = 'Somebody Else <else@example.com>') =>
  git(person, 'commit', '--quiet', '--all', '--author', author, '-m', message);
const write = async (person: Person, path: string, text: string) => {
  await mkdir(join(person.dir, path, '..'), { recursive: true });
  await writeFile(join(person.dir, path), text);
  await git(person, 'add', '--all');
};
/** The parts of an app as they were, newest first, without those that stand. */
const olderOf = async (person: Person, app: string) =>
  (await person.git.lines(['log', '--no-merges', '--format=%H', '--', app])).slice(1);
const deployment = (app: string) => `${app}/deployment-${app}.yaml`;
const edited = /changed by hand: frozen until the edit is reverted/;

const forms: readonly Form[] = [
  { what: 'nothing at all', act: async () => {}, a: '3 older', b: '2 older' },
  {
    what: 'a revert of the newest promotion',
    act: (p) => git(p, 'revert', '--no-edit', '-m', '1', 'HEAD'),
    a: '2 held',
    b: '2 older',
  },
  {
    what: 'a revert of a range',
    environment: 'dev',
    // Newest first: a 4 and b 3 came in one publish, one commit each.
    act: (p) => git(p, 'revert', '--no-edit', 'HEAD~3..HEAD'),
    a: '2 held',
    b: '2 held',
  },
  {
    what: 'a revert of every promotion, one after the other',
    act: (p) => git(p, 'revert', '--no-edit', '-m', '1', 'HEAD', 'HEAD~1'),
    a: '1 held',
    b: '1 held',
  },
  {
    what: 'reverts that were squashed into one commit, by another author, with a message of his own',
    act: async (p) => {
      await git(p, 'switch', '--quiet', '--create', 'rollback');
      await git(p, 'revert', '--no-edit', '-m', '1', 'HEAD', 'HEAD~1');
      await git(p, 'switch', '--quiet', environmentBranch('production'));
      await git(p, 'merge', '--quiet', '--squash', 'rollback');
      await commitAs(p, 'calm down');
    },
    a: '1 held',
    b: '1 held',
  },
  {
    what: 'a revert that was rebased onto what came since',
    act: async (p) => {
      const [commit = ''] = await p.git.lines(['log', '--no-merges', '-1', '--format=%H', '--', 'b']);
      await git(p, 'switch', '--quiet', '--create', 'rollback', `${commit}`);
      await git(p, 'revert', '--no-edit', 'HEAD');
      await git(p, 'rebase', '--quiet', environmentBranch('production'));
      await git(p, 'switch', '--quiet', environmentBranch('production'));
      await git(p, 'merge', '--quiet', '--ff-only', 'rollback');
    },
    a: '3 older',
    b: '1 held',
  },
  {
    what: 'an old folder put back in the web editor',
    act: async (p) => {
      const [older = ''] = await olderOf(p, 'a');
      await git(p, 'checkout', '--quiet', older, '--', 'a');
      await commitAs(p, 'Update deployment-a.yaml', 'GitLab Web <noreply@example.com>');
    },
    a: '2 held',
    b: '2 older',
  },
  {
    what: 'a revert under the name and with the message of a promotion',
    act: async (p) => {
      const [older = ''] = await olderOf(p, 'a');
      await git(p, 'checkout', '--quiet', older, '--', 'a');
      await commitAs(p, 'a 1.0 → 1.0\n\nDry-Sha: 0\n', 'Slipway <slipway@noreply.invalid>');
    },
    a: '2 held',
    b: '2 older',
  },
  {
    what: 'a revert of the revert',
    act: async (p) => {
      await git(p, 'revert', '--no-edit', '-m', '1', 'HEAD');
      await git(p, 'revert', '--no-edit', 'HEAD');
    },
    a: '3 older',
    b: '2 older',
  },
  {
    what: 'two reverts of which one was taken back',
    act: async (p) => {
      await git(p, 'revert', '--no-edit', '-m', '1', 'HEAD', 'HEAD~1');
      await git(p, 'revert', '--no-edit', 'HEAD');
    },
    a: '2 held',
    b: '2 older',
  },
  {
    what: 'a merge of a promotion that kept what stood there',
    act: async (p, box) => {
      await box.promote('production');
      await git(p, 'fetch', '--quiet');
      await git(p, 'merge', '--quiet', '-s', 'ours', '-m', 'not now', 'origin/env/production-next');
    },
    a: '3 held',
    b: '2 held',
  },
  {
    what: 'a history that was rewritten to an older commit of its own, which no history shows',
    act: async (p, box) => {
      await git(p, 'reset', '--quiet', '--hard', 'HEAD~1');
      await box.remote.bytes(['update-ref', 'refs/heads/env/production', await p.git.text(['rev-parse', 'HEAD'])]);
    },
    a: '2 older',
    b: '2 older',
  },
  {
    what: 'a folder that was deleted',
    act: async (p) => {
      await git(p, 'rm', '-r', '--quiet', 'a');
      await commitAs(p, 'out with it');
    },
    a: '- held',
    b: '2 older',
  },
  {
    what: 'a file that was edited',
    act: async (p) => {
      await appendFile(join(p.dir, deployment('a')), '# quick fix\n');
      await commitAs(p, 'quick fix');
    },
    a: '3 edited',
    b: '2 older',
    says: /^production\/a: deployment-a\.yaml changed by hand: frozen until the edit is reverted; last by \S.* on \d{4}-\d\d-\d\d \(“/m,
  },
  {
    what: 'a file of an app that was deleted, one that was added and one that became a program',
    act: async (p) => {
      await git(p, 'rm', '--quiet', 'a/service-a.yaml');
      await chmod(join(p.dir, deployment('a')), 0o755);
      await write(p, 'a/deep/new.yaml', 'x: 1\n');
      await commitAs(p, 'three at once');
    },
    a: '3 edited',
    b: '2 older',
    says: /a: deep\/new\.yaml, deployment-a\.yaml, service-a\.yaml changed by hand/,
  },
  {
    what: 'one file put back of an older part, and the others not',
    act: async (p) => {
      const [older = ''] = await olderOf(p, 'a');
      await git(p, 'checkout', '--quiet', older, '--', deployment('a'));
      await commitAs(p, 'only this file');
    },
    a: '2 edited',
    b: '2 older',
    says: /a: deployment-a\.yaml changed by hand/,
  },
  {
    what: 'an edit on top of a revert',
    act: async (p) => {
      await git(p, 'revert', '--no-edit', '-m', '1', 'HEAD');
      await appendFile(join(p.dir, deployment('a')), '# and this\n');
      await commitAs(p, 'and this');
    },
    a: '2 edited',
    b: '2 older',
    says: edited,
  },
  {
    what: 'a revert of an edit',
    act: async (p) => {
      await appendFile(join(p.dir, deployment('a')), '# quick fix\n');
      await commitAs(p, 'quick fix');
      await git(p, 'revert', '--no-edit', 'HEAD');
    },
    a: '3 older',
    b: '2 older',
  },
  {
    what: 'a link in the place of an app',
    act: async (p) => {
      await rm(join(p.dir, 'a'), { recursive: true });
      await symlink('b', join(p.dir, 'a'));
      await git(p, 'add', '--all');
      await commitAs(p, 'the same');
    },
    a: '- edited',
    b: '2 older',
    says: /a: a link stands in its place: frozen until the edit is reverted/,
  },
  {
    what: "people's own files, a folder that is no app, a link and a submodule",
    act: async (p) => {
      await write(p, 'CODEOWNERS', '* @oncall\n');
      await write(p, 'notes/README.md', 'words\n');
      await symlink('/etc/passwd', join(p.dir, 'link'));
      await git(p, 'add', '--all');
      await git(p, 'update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},module`);
      await git(p, 'commit', '--quiet', '-m', 'all sorts');
    },
    a: '3 older',
    b: '2 older',
    foreign: ['CODEOWNERS file', 'link link', 'module submodule', 'notes folder'],
    says: /^production\/CODEOWNERS: a file that people keep here.*\nproduction\/link: a symbolic link.*\nproduction\/module: a submodule.*\nproduction\/notes: a folder that is no app/m,
  },
  {
    what: 'a pipeline file that was changed by hand',
    act: async (p) => {
      await writeFile(join(p.dir, '.gitlab-ci.yml'), 'job: { script: [true] }\n');
      await commitAs(p, 'no more checks');
    },
    a: '3 older',
    b: '2 older',
    foreign: ['.gitlab-ci.yml pipeline'],
    says: /production\/\.gitlab-ci\.yml: the pipeline file was changed by hand/,
  },
];

describe('what people do to an environment branch is named, and left alone', () => {
  let box: Sandbox;
  const left: (() => unknown)[] = [];
  const refs = new Map<string, string>();

  before(async () => {
    box = await sandbox({ after: (done) => left.push(done) });
    await box.publish();
    for (const environment of ['staging', 'production']) await box.mergeTo(environment);
    await box.deliver({ a: '2', b: '2' });
    await box.deliver({ a: '3' });
    await box.change({ a: '4', b: '3' });
    await box.publish();
    await box.mergeTo('staging');
    for (const line of await box.remote.lines(['for-each-ref', '--format=%(refname) %(objectname)'])) {
      const [ref = '', commit = ''] = line.split(' ');
      refs.set(ref, commit);
    }
  });
  cleanUp(async () => {
    for (const done of left.reverse()) await done();
  });

  for (const { what, environment = 'production', act, foreign = [], says, ...expected } of forms) {
    test(what, async () => {
      for (const ref of await box.remote.lines(['for-each-ref', '--format=%(refname)']))
        await box.remote.bytes(
          refs.has(ref) ? ['update-ref', ref, refs.get(ref) as string] : ['update-ref', '-d', ref],
        );
      const person = await box.person(environment);
      await act(person, box);
      await person.push();

      const tell = async () => {
        const found = await survey({ ...box.context, forge: undefined });
        const rows = found.rows.filter((row) => row.environment === environment);
        const lines = rows.map(({ app, held, state }) => [app, held && state !== 'edited' ? 'held' : state] as const);
        const values = await Promise.all(
          lines.map(async ([app, state]) => [app, `${(await box.value(environment, app)) ?? '-'} ${state}`] as const),
        );
        const other = found.foreign.filter((one) => one.environment === environment);
        return { values: Object.fromEntries(values), found, other: other.map(({ name, is }) => `${name} ${is}`) };
      };
      const { values, found, other } = await tell();
      assert.deepEqual(values, expected);
      assert.deepEqual(other, foreign);
      if (says) assert.match(told(found, { now: 0 }).join('\n'), says);

      await box.publish();
      const [promotion] = environment === 'dev' ? [] : await box.promote(environment);
      const moves = promotion?.moves.map((move) => move.split(' ')[0]).join(' ');
      if (promotion)
        assert.equal(moves, ['a', 'b'].filter((app) => expected[app as 'a' | 'b'].endsWith('older')).join(' '));
      assert.deepEqual((await tell()).values, expected, 'nothing was written over');
    });
  }
});

import assert from 'node:assert/strict';
import type { Git } from '../git/git.ts';

/** What a remote holds, without anything that depends on when or by which run it was written. */
export type RemoteState = Readonly<Record<string, readonly string[]>>;

const machineWritten = ['refs/heads/rendered', 'refs/heads/env/*'];

/**
 * Reads the branches that Slipway writes: the trees and messages of each first-parent chain. Where a message names a
 * commit of `rendered`, its place stands instead.
 * @throws when git finds anything wrong with the repository, a lost object among it
 */
export async function remoteState(remote: Git): Promise<RemoteState> {
  assert.equal(await remote.text(['fsck', '--strict', '--no-dangling', '--no-progress']), '');
  const places = new Map((await chain(remote, 'rendered')).map((commit, place) => [commit, place]));
  const state: Record<string, string[]> = {};
  for (const ref of await remote.lines(['for-each-ref', '--format=%(refname)', ...machineWritten])) {
    const log = await remote.text(['log', '--first-parent', '--reverse', '-z', '--format=%T %p%n%B', ref]);
    state[ref] = log
      .split('\0')
      .filter(Boolean)
      .map((commit) =>
        commit
          .replace(
            /^(\w+) ?(.*)/,
            (_, tree, parents) => `${tree} with ${parents.split(' ').filter(Boolean).length} parents`,
          )
          .replace(/^Rendered-Sha: (\w+)$/m, (_, commit) => `Rendered-Sha: place ${places.get(commit)}`),
      );
  }
  return state;
}

/** The first-parent chain of a branch, oldest first; empty where there is no branch. */
export async function chain(remote: Git, branch: string): Promise<string[]> {
  if (!(await remote.commit(`refs/heads/${branch}`))) return [];
  return remote.lines(['rev-list', '--first-parent', '--reverse', `refs/heads/${branch}`]);
}

/** The dry commits that were published, oldest first, as the files at the root of `rendered` say. */
export async function publishedCommits(remote: Git): Promise<string[]> {
  const files = (await chain(remote, 'rendered')).map((commit) => `${commit}:published.json\n`).join('');
  const text = files === '' ? '' : await remote.text(['cat-file', '--batch'], files);
  return [...text.matchAll(/^ {2}"drySha": "(\w+)"/gm)].map(([, sha]) => sha as string);
}

/**
 * What `rendered` must be whatever happened: one line of commits, one for each published commit of `main`, in the order
 * of `main`.
 */
export async function checkRendered(remote: Git): Promise<void> {
  assert.deepEqual(
    await remote.lines(['rev-list', '--min-parents=2', 'refs/heads/rendered']),
    [],
    'rendered has a merge',
  );
  const published = await publishedCommits(remote);
  assert.equal(published.length, (await chain(remote, 'rendered')).length, 'one published.json for each commit');
  const main = await chain(remote, 'main');
  const inOrder = main.filter((commit) => published.includes(commit));
  assert.deepEqual(published, inOrder, 'every dry commit once, in the order of main');
  await checkParts(remote);
}

/** No part comes back: its tree is its place in the order. */
async function checkParts(remote: Git): Promise<void> {
  const log = ['log', '--first-parent', '--reverse', '--format=', '--raw', '-r', '-t', '--no-abbrev', '--no-renames'];
  const seen = new Set<string>();
  for (const line of await remote.lines([...log, 'refs/heads/rendered'])) {
    const [, mode, , tree, , path = ''] = line.split(/[ \t]/);
    if (mode !== '040000' || path.split('/').length !== 2) continue;
    assert.ok(!seen.has(`${path} ${tree}`), `${path} is ${tree} a second time`);
    seen.add(`${path} ${tree}`);
  }
}

/** The texts of files (`refs/heads/env/dev:a/application.yaml`), in one question; undefined for what is not there. */
export async function textsOf(git: Git, names: readonly string[]): Promise<(string | undefined)[]> {
  const answer = await git.bytes(['cat-file', '--batch'], names.map((name) => `${name}\n`).join(''));
  let at = 0;
  return names.map(() => {
    const end = answer.indexOf(10, at);
    const [, , size] = answer.subarray(at, end).toString().split(' ');
    at = end + 1;
    if (size === undefined) return undefined;
    const text = answer.subarray(at, at + Number(size)).toString();
    at += Number(size) + 1;
    return text;
  });
}

/** The value that a fixture app's Deployment has. */
export const valueIn = (deployment: string) => /name: VALUE\n\s+value: '?(\w+)/.exec(deployment)?.[1];

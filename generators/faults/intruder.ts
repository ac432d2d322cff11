import assert from 'node:assert/strict';
import type { Git } from '../git/git.ts';
import { writeCommits } from '../git/write.ts';
import type { Write } from '../model/commit.ts';
import { publishedFile } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import type { Random } from './random.ts';

/** What somebody else may put into `rendered`, and what a publish says of it. */
const intrusions: Readonly<
  Record<string, { readonly said: RegExp; write(path: string, published: string): readonly Write[] }>
> = {
  'a manifest is changed': {
    said: /was changed by somebody else/,
    write: (path) => [{ path, bytes: 'kind: Other\n' }],
  },
  'a part is deleted': {
    said: /was changed by somebody else/,
    write: (path) => [{ path: path.slice(0, path.lastIndexOf('/')), deleted: true }],
  },
  'a file is added at the root': {
    said: /was changed by somebody else/,
    write: () => [{ path: 'README.md', bytes: 'mine\n' }],
  },
  'a key is written by hand': {
    said: /records the key/,
    write: (_, published) => [
      { path: publishedFile, bytes: published.replace(/("keys": \{\s+"\w+": ")\w{8}/, '$100000000') },
    ],
  },
};

/**
 * Changes `rendered` by hand, has somebody publish on it, and takes the change back.
 * @param newer whether what they publish is: only then are keys of any use to them
 * @returns what was changed
 * @throws when the publish is not refused, or moves the branch
 */
export async function intrude(
  remote: Git,
  random: Random,
  newer: boolean,
  publishing: () => Promise<unknown>,
): Promise<string> {
  const ref = 'refs/heads/rendered';
  const tip = await remote.text(['rev-parse', ref]);
  const [path] = await remote.lines(['ls-tree', '-r', '--full-tree', '--name-only', tip]).then(withManifests);
  const published = await remote.text(['show', `${tip}:${publishedFile}`]);
  if (path === undefined) return 'nobody changes an empty branch';
  const recorded = /"keys": \{\s+"/.test(published) && newer;
  const able = Object.entries(intrusions).filter(([, { write }]) =>
    write(path, published).every((one) => one.path !== publishedFile || recorded),
  );
  const [name, { said, write }] = random.pick(able);
  const [foreign] = await writeCommits(remote, tip, [{ message: 'quick fix\n', writes: write(path, published) }], 1e12);
  await remote.bytes(['update-ref', ref, foreign as string]);
  const dev = await remote.text(['rev-parse', 'refs/heads/env/dev']);
  await assert.rejects(publishing, (error) => error instanceof Refusal && said.test(error.message), name);
  assert.deepEqual(await remote.lines(['rev-parse', ref, 'refs/heads/env/dev']), [foreign, dev], name);
  await remote.bytes(['update-ref', ref, tip]);
  return name;
}

const withManifests = (paths: readonly string[]) => paths.filter((path) => /^dev\/\w+\/deployment/.test(path));

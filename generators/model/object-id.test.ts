import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { Git } from '../git/git.ts';
import { authorLine, blobId, commitId, type ObjectFormat, treeId } from './object-id.ts';
import type { Entry } from './timeline.ts';

Object.assign(process.env, { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' });

async function repository(t: TestContext, format: ObjectFormat): Promise<Git> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-ids-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const git = new Git(dir);
  await git.bytes(['init', '--quiet', '--bare', `--object-format=${format}`]);
  return git;
}

/** Few letters, so that names are often the beginning of one another: there a folder sorts otherwise than a file. */
const name = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '0'), minLength: 1 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }),
);
const legal = name.filter((text) => !/[/\0]/.test(text) && text.isWellFormed() && !['.', '..'].includes(text));
const mode = fc.constantFrom('100644', '100755', '120000', '160000', '040000', '040000');

for (const [format, digits] of [
  ['sha1', 40],
  ['sha256', 64],
] as const) {
  test(`a file has the id that git gives its bytes (${format})`, async (t) => {
    const git = await repository(t, format);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (array) => {
        const bytes = Buffer.from(array);
        assert.equal(blobId(format, bytes), await git.text(['hash-object', '--stdin'], bytes));
      }),
      { numRuns: 30 },
    );
    const text = 'name: Zoë\n';
    assert.equal(blobId(format, text), await git.text(['hash-object', '--stdin'], text), 'a text counts in bytes');
  });

  test(`a commit has the id that git gives it (${format})`, async (t) => {
    const git = await repository(t, format);
    const tree = await git.text(['mktree'], '');
    const by = { name: 'Zoë', email: 'zoe@localhost.invalid', seconds: 1_900_000_000 };
    let parent: string | undefined;
    for (const message of ['one\n', 'two\n\nDry-Sha: abc\n', '→ ünicode\n']) {
      const header = `tree ${tree}\n${parent ? `parent ${parent}\n` : ''}author ${authorLine(by)}\ncommitter ${authorLine(by)}\n`;
      const written = await git.text(['hash-object', '-t', 'commit', '-w', '--stdin'], `${header}\n${message}`);
      assert.equal(commitId(format, { tree, parent, by, message }), written);
      parent = written;
    }
  });

  test(`a folder has the id that git gives its entries, in whatever order they are named (${format})`, async (t) => {
    const git = await repository(t, format);
    const id = fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`));
    const entries = fc.uniqueArray(fc.tuple(legal, fc.record({ mode, id })), {
      selector: ([text]) => text,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(entries, async (list) => {
        const lines = list.map(([text, entry]) => `${entry.mode} ${kindOf(entry)} ${entry.id}\t${text}\0`);
        const tree = await git.text(['mktree', '-z', '--missing'], lines.join(''));
        assert.equal(treeId(format, new Map(list)), tree);
        assert.equal(treeId(format, new Map(list.toReversed())), tree);
      }),
      { numRuns: 60 },
    );
  });
}

const kindOf = ({ mode }: Entry) => (mode === '040000' ? 'tree' : mode === '160000' ? 'commit' : 'blob');

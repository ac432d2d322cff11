import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { tookOut } from './example.fixture.ts';

// A change of words alone is checked by this file alone, in seconds: it needs no package.

const root = join(import.meta.dirname, '..');
const documents = execFileSync('git', ['ls-files', '-z', '*.md'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  // What merge requests say is held against what is made, by other tests.
  .filter((path) => path !== '' && !path.includes('/requests/') && existsSync(join(root, path)));

/** The links of a document, without what stands in code. */
const linksOf = (text: string) =>
  [...text.replace(/```[\s\S]*?```|`[^`\n]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);

/** As GitLab and GitHub name headings. */
const anchorsOf = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );

test('a link leads to a file, and to a heading, that is there', () => {
  const links = documents.flatMap((path) =>
    linksOf(readFileSync(join(root, path), 'utf8')).map((link) => ({ path, link })),
  );
  assert.ok(documents.length > 0);
  for (const { path, link } of links.filter(({ link }) => !/^[a-z]+:/.test(link))) {
    const [file = '', heading] = link.split('#');
    const to = file === '' ? path : join(dirname(path), file);
    if (tookOut(to)) continue;
    assert.ok(existsSync(join(root, to)), `${path} leads to ${link}`);
    if (heading)
      assert.ok(anchorsOf(readFileSync(join(root, to), 'utf8')).includes(heading), `${path} leads to ${link}`);
  }
});

test('every block of code that is opened is closed, and nothing was left to be filled in', () => {
  for (const path of documents) {
    const lines = readFileSync(join(root, path), 'utf8').split('\n');
    assert.equal(lines.filter((line) => /^\s*```/.test(line)).length % 2, 0, path);
    assert.deepEqual(
      lines.filter((line) => /^(<{7}|>{7}) |@@[A-Z]+@@/.test(line)),
      [],
      path,
    );
  }
});

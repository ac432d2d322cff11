import { createHash } from 'node:crypto';
import { mode } from './mode.ts';
import type { Entry, ObjectId } from './timeline.ts';

/** A whole id, of either format. */
export const wholeId = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/** How a repository names its objects: `git rev-parse --show-object-format`. */
export type ObjectFormat = 'sha1' | 'sha256';

/** The id that git gives a file with these bytes. https://git-scm.com/book/en/v2/Git-Internals-Git-Objects */
export const blobId = (format: ObjectFormat, bytes: string | Buffer): ObjectId =>
  createHash(format)
    .update(`blob ${Buffer.byteLength(bytes)}\0`)
    .update(bytes)
    .digest('hex');

/** The id that git gives a folder with these entries, by name. */
export function treeId(format: ObjectFormat, entries: ReadonlyMap<string, Entry>): ObjectId {
  // git sorts by bytes, a folder as if its name ended in a slash.
  const sorted = [...entries]
    .map(([name, entry]) => ({ name, entry, key: Buffer.from(entry.mode === mode.folder ? `${name}/` : name) }))
    .sort((a, b) => Buffer.compare(a.key, b.key));
  const body = Buffer.concat(
    sorted.flatMap(({ name, entry }) => [
      Buffer.from(`${entry.mode.replace(/^0/, '')} ${name}\0`),
      Buffer.from(entry.id, 'hex'),
    ]),
  );
  return createHash(format).update(`tree ${body.length}\0`).update(body).digest('hex');
}

/** Who wrote a commit, and when. */
export interface Author {
  readonly name: string;
  readonly email: string;
  /** Since 1970. */
  readonly seconds: number;
}

/** As git writes it into a commit. */
export const authorLine = ({ name, email, seconds }: Author): string => `${name} <${email}> ${seconds} +0000`;

/** The id that git gives a commit without a signature, by one author. */
export function commitId(
  format: ObjectFormat,
  { tree, parent, by, message }: { tree: ObjectId; parent: ObjectId | undefined; by: Author; message: string },
): ObjectId {
  const header = [
    `tree ${tree}`,
    ...(parent ? [`parent ${parent}`] : []),
    `author ${authorLine(by)}`,
    `committer ${authorLine(by)}`,
  ];
  const body = Buffer.from(`${header.join('\n')}\n\n${message}`);
  return createHash(format).update(`commit ${body.length}\0`).update(body).digest('hex');
}

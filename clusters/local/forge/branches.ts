import type { Git } from '../../../generators/git/git.ts';
import { head } from '../../../generators/model/names.ts';
import { type Account, levels } from './accounts.ts';
import { matching, may, mayMerge, rulesOf } from './protection.ts';
import { Refused } from './refused.ts';

const fields = [
  'refname:lstrip=2',
  'objectname',
  'parent',
  'subject',
  'contents',
  ...['authorname', 'authoremail:trim', 'authordate:iso-strict'],
  ...['committername', 'committeremail:trim', 'committerdate:iso-strict'],
];

/** The branches as an account sees them, by name. https://docs.gitlab.com/api/branches/ */
export async function branches(repository: Git, url: string, account: Account, ...patterns: string[]) {
  const format = `--format=${fields.map((field) => `%(${field})`).join('%00')}%00%01`;
  const listed = patterns.length > 0 ? patterns : ['refs/heads'];
  const rules = await rulesOf(repository.dir);
  const main = await repository.commit(head('main'));
  const merged = new Set(
    main ? await repository.lines(['for-each-ref', '--format=%(refname:lstrip=2)', '--merged', main, ...listed]) : [],
  );
  const records = (await repository.text(['for-each-ref', format, ...listed])).split('\0\x01').slice(0, -1);
  return records.map((record) => {
    const [name = '', id = '', parents = '', title = '', message = '', ...people] = record
      .replace(/^\n/, '')
      .split('\0');
    const [author_name, author_email, authored_date, committer_name, committer_email, committed_date] = people;
    const found = matching(rules, name);
    return {
      name,
      merged: name !== 'main' && merged.has(name),
      protected: found.length > 0,
      default: name === 'main',
      developers_can_push: found.some(({ push }) => push === levels.developer),
      developers_can_merge: found.some(({ merge }) => merge === levels.developer),
      can_push: may('push', rules, name, account.level),
      web_url: `${url}/-/tree/${name}`,
      commit: {
        id,
        short_id: id.slice(0, 8),
        title,
        message,
        parent_ids: parents === '' ? [] : parents.split(' '),
        author_name: author_name ?? '',
        author_email: author_email ?? '',
        authored_date: authored_date ?? '',
        committer_name: committer_name ?? '',
        committer_email: committer_email ?? '',
        committed_date: committed_date ?? '',
        created_at: committed_date ?? '',
        web_url: `${url}/-/commit/${id}`,
      },
    };
  });
}

/** @throws {Refused} where there is none of that name */
export async function branch(repository: Git, url: string, account: Account, name: string) {
  const [found] = (await branches(repository, url, account, head(name))).filter((one) => one.name === name);
  if (!found) throw new Refused(404, '404 Branch Not Found');
  return found;
}

/** What GitLab's `search` means: a part of the name; `^` for its beginning, `$` for its end. */
export function searched(search: string | null, name: string): boolean {
  if (search === null || search === '') return true;
  const [begins, ends] = [search.startsWith('^'), search.endsWith('$')];
  const part = search.slice(begins ? 1 : 0, ends ? -1 : undefined).toLowerCase();
  const where = name.toLowerCase();
  if (begins && ends) return where === part;
  return begins ? where.startsWith(part) : ends ? where.endsWith(part) : where.includes(part);
}

/** Whether an account may merge into a branch. */
export const mayMergeInto = async (repository: Git, account: Account, name: string): Promise<boolean> =>
  mayMerge(await rulesOf(repository.dir), name, account.level);

/** Whether an account may push to a branch. */
export const mayPushTo = async (repository: Git, account: Account, name: string): Promise<boolean> =>
  may('push', await rulesOf(repository.dir), name, account.level);

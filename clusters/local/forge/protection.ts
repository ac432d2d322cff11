import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { covers } from '../../../generators/model/protection.ts';

/** Whom a rule lets: nobody, developers and maintainers, or maintainers alone. */
export type ProtectionLevel = 0 | 30 | 40;

/** A branch, or several by GitLab's wildcard `*`, and who may do what to them. */
export interface Protection {
  /** `main` or `env/*`: a `*` stands for any text, slashes too. */
  readonly name: string;
  /** @default 40: maintainers */
  readonly push?: ProtectionLevel | undefined;
  /** @default 40: maintainers */
  readonly merge?: ProtectionLevel | undefined;
  /** Whoever may push may also rewrite. @default false */
  readonly force?: boolean | undefined;
}

/** A rule as it is kept. */
export interface Rule extends Required<{ [K in keyof Protection]: Exclude<Protection[K], undefined> }> {
  readonly id: number;
}

// One rule a line, which the hook in a shell reads too: name, push, merge, force, id.
const file = 'protected-branches';

/** The rules of the repository in `dir`. They are read each time, since people change them beside a running forge. */
export async function rulesOf(dir: string): Promise<Rule[]> {
  const text = await readFile(join(dir, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line, index) => {
    const [name = '', push = '40', merge = '40', force = 'false', id = String(index + 1)] = line.split('\t');
    return { id: Number(id), name, push: level(push), merge: level(merge), force: force === 'true' };
  });
}

const level = (text: string): ProtectionLevel => (text === '0' ? 0 : text === '30' ? 30 : 40);

/** Writes all rules at once: a hook reads the old ones or the new ones, never half. */
export async function writeRules(dir: string, rules: readonly Rule[]): Promise<void> {
  const lines = rules.map(({ name, push, merge, force, id }) => `${[name, push, merge, force, id].join('\t')}\n`);
  await writeFile(join(dir, `${file}.new`), lines.join(''));
  await rename(join(dir, `${file}.new`), join(dir, file));
}

/** The rule for a protection, with what is not said as it was, and else as GitLab has it. */
export function ruleFor(given: Protection, rules: readonly Rule[]): Rule {
  const old = rules.find(({ name }) => name === given.name);
  const id = old?.id ?? Math.max(0, ...rules.map((rule) => rule.id)) + 1;
  return {
    id,
    name: given.name,
    push: given.push ?? old?.push ?? 40,
    merge: given.merge ?? old?.merge ?? 40,
    force: given.force ?? old?.force ?? false,
  };
}

/** The rules that match a branch. https://docs.gitlab.com/user/project/repository/branches/protected/ */
export const matching = (rules: readonly Rule[], branch: string): Rule[] =>
  rules.filter(({ name }) => covers({ pattern: name }, branch));

/**
 * Whether an account may do that to a branch. Of several rules that match the most permissive counts; a branch without
 * a rule is open to developers.
 */
export function may(verb: 'push' | 'merge', rules: readonly Rule[], branch: string, accessLevel: number): boolean {
  const found = matching(rules, branch);
  if (found.length === 0) return accessLevel >= 30;
  return found.some((rule) => rule[verb] !== 0 && accessLevel >= rule[verb]);
}

/** Who may push to a branch may merge into it, too: a merge is a push by other means. */
export const mayMerge = (rules: readonly Rule[], branch: string, accessLevel: number): boolean =>
  may('merge', rules, branch, accessLevel) || may('push', rules, branch, accessLevel);

import type { Git } from '../../../generators/git/git.ts';
import { type Protection, type ProtectionLevel, type Rule, ruleFor, rulesOf, writeRules } from './protection.ts';
import { badParameter, Refused } from './refused.ts';

type Body = Readonly<Record<string, unknown>>;

/** The rules that protect a repository's branches, as GitLab's API has them. https://docs.gitlab.com/api/protected_branches/ */
export class ProtectedBranches {
  readonly #repository: () => Git;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(repository: () => Git) {
    this.#repository = repository;
  }

  async list(search: string | null) {
    const rules = await rulesOf(this.#repository().dir);
    return rules.filter(({ name }) => search === null || name.includes(search)).map(shown);
  }

  async show(name: string) {
    return shown(found(await rulesOf(this.#repository().dir), name));
  }

  protect(body: Body) {
    return this.#inTurn((rules) => {
      const { name } = body;
      if (typeof name !== 'string' || name === '') throw badParameter('name is missing');
      // No branch can be called so, and a shell would read it as more than a wildcard.
      if (/[\s?[\]\\~^:]/.test(name)) throw new Refused(422, 'Name is invalid', { message: ['Name is invalid'] });
      if (rules.some((rule) => rule.name === name)) throw new Refused(409, `Protected branch '${name}' already exists`);
      const made = ruleFor({ name, ...said(body) }, rules);
      return { rules: [...rules, made], rule: made };
    });
  }

  change(name: string, body: Body) {
    return this.#inTurn((rules) => {
      const old = found(rules, name);
      const changed = ruleFor({ name, ...said(body) }, rules);
      return { rules: rules.map((rule) => (rule === old ? changed : rule)), rule: changed };
    });
  }

  unprotect(name: string) {
    return this.#inTurn((rules) => {
      const old = found(rules, name);
      return { rules: rules.filter((rule) => rule !== old), rule: old };
    });
  }

  /** One change at a time, from the rules as they stand now. */
  #inTurn(change: (rules: readonly Rule[]) => { rules: readonly Rule[]; rule: Rule }) {
    const done = this.#queue.then(async () => {
      const { dir } = this.#repository();
      const { rules, rule } = change(await rulesOf(dir));
      await writeRules(dir, rules);
      return shown(rule);
    });
    this.#queue = done.catch(() => {});
    return done;
  }
}

function found(rules: readonly Rule[], name: string): Rule {
  const rule = rules.find((one) => one.name === name);
  if (!rule) throw new Refused(404, '404 Not found');
  return rule;
}

/** What a body says of a rule: a level, or GitLab Premium's list of levels, of which the most permissive counts. */
function said(body: Body): Omit<Protection, 'name'> {
  const force = body.allow_force_push;
  const of = (field: string, list: string): ProtectionLevel | undefined => {
    const given = Array.isArray(body[list]) ? (body[list] as { access_level?: unknown }[]) : [];
    const all = given.map(({ access_level }) => levelOf(access_level, list));
    if (all.length > 0) return all.includes(30) ? 30 : all.includes(40) ? 40 : 0;
    return body[field] === undefined ? undefined : levelOf(body[field], field);
  };
  return {
    push: of('push_access_level', 'allowed_to_push'),
    merge: of('merge_access_level', 'allowed_to_merge'),
    force: force === undefined ? undefined : String(force) === 'true',
  };
}

function levelOf(value: unknown, field: string): ProtectionLevel {
  const level = ([0, 30, 40] as const).find((one) => String(one) === String(value));
  if (level === undefined) throw badParameter(`${field} does not have a valid value`);
  return level;
}

const descriptions = { 0: 'No one', 30: 'Developers + Maintainers', 40: 'Maintainers' } as const;

const shown = ({ id, name, push, merge, force }: Rule) => {
  const level = (access_level: ProtectionLevel) => [
    { id, access_level, access_level_description: descriptions[access_level], user_id: null, group_id: null },
  ];
  return {
    id,
    name,
    push_access_levels: level(push),
    merge_access_levels: level(merge),
    unprotect_access_levels: [],
    allow_force_push: force,
    code_owner_approval_required: false,
    inherited: false,
  };
};
export type ShownProtectedBranch = ReturnType<typeof shown>;

import type { Call, Finding } from './finding.ts';
import type { Stage } from './metadata.ts';
import { environmentBranch, main, rendered } from './names.ts';
import { covers, type Grant, type ProtectionRule, rulePath } from './protection.ts';
import { tokenOf } from './token.ts';

/** Who is meant: the account behind a token by the token's name, a group by the clusters' values, a role by itself. */
export type Identity = 'publisher' | 'promoter' | 'on-call' | 'maintainers';

/** Who should push to a protected branch, and who should merge into it. Whoever may push may merge, too. */
export interface BranchRights {
  readonly branch: string;
  readonly push: readonly Identity[];
  readonly merge: readonly Identity[];
  /** The groups that are on call for it: `example/on-call`. */
  readonly onCall: readonly string[];
}

/**
 * The table branch × identity. What is not in it, nobody has; proposals stand in no rule at all.
 *
 * - `main`: by merge request alone, so that what is published was looked at.
 * - `rendered`: the publisher alone; nobody merges there.
 * - A first environment: the publisher, which moves it at once, and people on call, whose revert there is a hold as
 *   anywhere else.
 * - Every other environment: by merge request; people on call may push, as `rollback --now` and `git revert` do.
 * @param onCall by environment: the groups that are on call for it
 */
export function branchRights(
  path: readonly Stage[],
  onCall: ReadonlyMap<string, readonly string[]> = new Map(),
): BranchRights[] {
  return [
    { branch: main, push: [], merge: ['maintainers'], onCall: [] },
    { branch: rendered, push: ['publisher'], merge: [], onCall: [] },
    ...path.map(({ name, after, auto }): BranchRights => {
      const groups = onCall.get(name) ?? [];
      return {
        branch: environmentBranch(name),
        push: after === undefined ? ['publisher', 'on-call'] : ['on-call'],
        merge: ['maintainers', 'on-call', ...(auto ? (['promoter'] as const) : [])],
        onCall: groups,
      };
    }),
  ];
}

/** What a project tells of those whom its rules name. */
export interface Named {
  /** Whether its rules can name accounts and groups: Premium. */
  readonly premium: boolean;
  /** The numbers of the accounts behind our tokens; undefined where tokens cannot be listed. */
  readonly accounts: ReadonlyMap<number, Identity> | undefined;
  /** The paths of the groups that it is shared with, by number. */
  readonly groups: ReadonlyMap<number, string>;
}

/** The call that protects a branch as far as every tier can: by role. */
export const protectCall = ({ branch, push, merge }: BranchRights): Call => ({
  method: 'POST',
  path: '/protected_branches',
  body: {
    name: branch,
    push_access_level: push.length === 0 ? 0 : 40,
    merge_access_level: merge.length === 0 ? 0 : 40,
    allow_force_push: false,
  },
});

const fields = { push: 'Allowed to push and merge', merge: 'Allowed to merge' } as const;

/**
 * Whether those may push to a branch, or merge into it, who should, and nobody else: of all rules that cover it the
 * most permissive wins, so that what any of them grants is granted.
 * @returns undefined where no rule covers it: its protection is told by itself
 */
export function grantsOf(
  verb: 'push' | 'merge',
  rights: BranchRights,
  rules: readonly ProtectionRule[],
  named: Named,
): Finding | undefined {
  const { branch } = rights;
  const covering = rules.filter((rule) => covers(rule, branch));
  if (covering.length === 0) return undefined;
  const wanted = rights[verb];
  const granted = covering.flatMap((rule) => rule[verb]);
  const judged = granted.map((grant) => ({ grant, is: judge(grant, rights, wanted, named) }));
  const name = verb === 'push' ? `who pushes to ${branch}` : `who merges into ${branch}`;
  const should = `Settings → Repository → Protected branches → ${branch} → ${fields[verb]}: ${asked(wanted, rights, named, verb)}.`;
  const list = (grants: readonly { grant: Grant }[]) => [...new Set(grants.map(({ grant }) => said(grant)))].join(', ');
  const may = `may ${verb === 'push' ? 'push to' : 'merge into'} ${branch}`;

  const strangers = judged.filter(({ is }) => is === 'stranger');
  if (strangers.length > 0)
    return { name, verdict: 'wrong', says: `${list(strangers)} ${may}, and should not.`, remedy: should };
  const untold = judged.filter(({ is }) => is === 'untold');
  if (untold.length > 0) {
    const says = `${list(untold)} ${may}; whose account that is, the token may not know.`;
    return { name, verdict: 'unknown', says, remedy: `${should} Or use a token of an Owner.` };
  }
  const stuck = needed(verb, rights);
  // Who may push may merge, too.
  const nobody = granted.length === 0 && (verb === 'push' || covering.every(({ push }) => push.length === 0));
  if (nobody && stuck) return { name, verdict: 'wrong', says: `Nobody ${may}: ${stuck}.`, remedy: should };
  const lacking = wanted.includes('publisher') && !judged.some(({ is }) => is === 'publisher' || is === 'stand-in');
  if (lacking)
    return { name, verdict: 'wrong', says: `${tokenOf('publish').name} cannot push to ${branch}.`, remedy: should };
  if (judged.some(({ is }) => is === 'stand-in'))
    return {
      name,
      verdict: 'ok',
      says: `${list(judged)} ${may}, people among them: no rule of this tier names an account or a group.`,
      remedy: `${instead(branch)}`,
    };
  return { name, verdict: 'ok', says: `${granted.length === 0 ? 'Nobody' : list(judged)} ${may}.` };
}

/** Whether what CODEOWNERS says counts for `main`. */
export function ownersOf(rules: readonly ProtectionRule[], { premium }: Pick<Named, 'premium'>): Finding {
  const name = `owners' approval on ${main}`;
  if (rules.some((rule) => covers(rule, main) && rule.ownersApprove))
    return { name, verdict: 'ok', says: `Nothing is merged into ${main} without those whom CODEOWNERS names.` };
  if (!premium)
    return {
      name,
      verdict: 'ok',
      says: `This tier asks no owner: .gitlab/CODEOWNERS says whom to ask, and whoever may merge into ${main} sees to it.`,
    };
  return {
    name,
    verdict: 'wrong',
    says: `A change of an app is merged into ${main} without its owner, whom .gitlab/CODEOWNERS names.`,
    remedy: `Settings → Repository → Protected branches → ${main}: switch on "Code owner approval".`,
    fix: { method: 'PATCH', path: rulePath(main), body: { code_owner_approval_required: true } },
  };
}

type Judged = Identity | 'stand-in' | 'administrators' | 'stranger' | 'untold';

function judge(grant: Grant, { onCall }: BranchRights, wanted: readonly Identity[], named: Named): Judged {
  switch (grant.kind) {
    case 'role':
      if (grant.role === 'administrator') return 'administrators';
      if (grant.role === 'developer' || wanted.length === 0) return 'stranger';
      if (wanted.includes('maintainers')) return 'maintainers';
      return named.premium ? 'stranger' : 'stand-in';
    case 'group': {
      const path = named.groups.get(grant.id);
      return wanted.includes('on-call') && path !== undefined && onCall.includes(path) ? 'on-call' : 'stranger';
    }
    case 'deploy key':
      // It cannot call the API, so that it does nothing but publish; every tier can name it.
      return wanted.includes('publisher') ? 'publisher' : 'stranger';
    case 'account': {
      const is = named.accounts?.get(grant.id);
      if (is !== undefined) return wanted.includes(is) ? is : 'stranger';
      return named.accounts === undefined && wanted.some((one) => one === 'publisher' || one === 'promoter')
        ? 'untold'
        : 'stranger';
    }
  }
}

const roles = { developer: 'Developers + Maintainers', maintainer: 'Maintainers', administrator: 'Administrators' };

const said = (grant: Grant) =>
  grant.kind === 'role' ? roles[grant.role] : grant.kind === 'account' ? grant.name : `${grant.kind} ${grant.name}`;

/** What to choose there, in the words of the settings. */
function asked(
  wanted: readonly Identity[],
  { onCall }: BranchRights,
  { premium }: Named,
  verb: 'push' | 'merge',
): string {
  if (wanted.length === 0) return 'No one';
  if (!premium) return 'Maintainers';
  const words: Record<Identity, string> = {
    publisher: tokenOf('publish').name,
    promoter: tokenOf('promote').name,
    maintainers: 'Maintainers',
    'on-call':
      onCall.length > 0
        ? onCall.join(' and ')
        : 'those on call (people.operators in clusters/environments.ts names them)',
  };
  const list = wanted.map((identity) => words[identity]).join(', ');
  return verb === 'push' && !wanted.includes('publisher') ? `${list}, or No one` : list;
}

/** Why somebody must be able to. */
function needed(verb: 'push' | 'merge', { branch, push, merge }: BranchRights): string | undefined {
  if (verb === 'push') return push.includes('publisher') ? 'publish cannot move it' : undefined;
  return merge.includes('maintainers') && !push.includes('publisher')
    ? branch === main
      ? 'no change gets there'
      : 'no promotion gets there'
    : undefined;
}

const instead = (branch: string) =>
  branch === rendered
    ? 'verify --rendered says what somebody else pushed. On any tier a deploy key can be named, with "No one" beside it, for a publish by SSH.'
    : 'verify says what somebody else pushed, and promote freezes it.';

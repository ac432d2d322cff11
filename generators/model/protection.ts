import type { Call, Finding } from './finding.ts';
import { environmentBranch, proposalBranch, releaseBranch, rollbackBranch } from './names.ts';

/** Whom a rule lets push or merge: everybody of a role and of those above it, or one by name. */
export type Grant =
  | { readonly kind: 'role'; readonly role: 'developer' | 'maintainer' | 'administrator' }
  | { readonly kind: 'account' | 'group' | 'deploy key'; readonly id: number; readonly name: string };

/** One rule of a forge that protects branches. */
export interface ProtectionRule {
  /** A branch's name, or a pattern: `env/*`. */
  readonly pattern: string;
  readonly allowsForcePush: boolean;
  /** It comes from the group above the project, where alone it can be changed. */
  readonly inherited: boolean;
  /** Who may push; nobody where it is empty. */
  readonly push: readonly Grant[];
  /** Who may merge, beside those who may push; nobody where it is empty. */
  readonly merge: readonly Grant[];
  /** Nothing is merged without the approval of those whom CODEOWNERS names. */
  readonly ownersApprove: boolean;
}

/**
 * Whether a rule is about a branch, as GitLab decides it: `*` stands for any text, slashes too; all else is itself.
 * https://docs.gitlab.com/user/project/repository/branches/protected/#use-wildcard-rules
 */
export function covers({ pattern }: Pick<ProtectionRule, 'pattern'>, branch: string): boolean {
  const quoted = pattern.split(/\*+/).map((text) => text.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${quoted.join('.*')}$`, 's').test(branch);
}

/**
 * Whether nobody can rewrite a branch: history cannot show that it was rewritten, so the forge must refuse it. Of all
 * rules that cover it the most permissive wins, an exact one does not go first.
 * https://docs.gitlab.com/user/project/repository/branches/protection_rules/
 * @param protect the call that protects it
 */
export function protectionOf(branch: string, rules: readonly ProtectionRule[], protect?: Call): Finding {
  const name = `protection of ${branch}`;
  const covering = rules.filter((rule) => covers(rule, branch));
  const permissive = covering.filter(({ allowsForcePush }) => allowsForcePush);
  const exactly = `Protect ${branch} by its exact name, with force push off (Settings → Repository → Protected branches).`;
  if (covering.length === 0)
    return {
      name,
      verdict: 'wrong',
      says: `No rule protects ${branch}: anybody who may push may rewrite it.`,
      remedy: exactly,
      ...(protect ? { fix: protect } : {}),
    };
  if (permissive.length > 0) {
    const says = `${named(permissive)} force push to ${branch}, and among overlapping rules the most permissive wins.`;
    const own = permissive.length === 1 && permissive[0]?.pattern === branch && !permissive[0].inherited;
    const fix: Call = { method: 'PATCH', path: rulePath(branch), body: { allow_force_push: false } };
    const remedy = `Switch force push off there${whereOf(permissive)}.`;
    return { name, verdict: 'wrong', says, remedy, ...(own ? { fix } : {}) };
  }
  if (!covering.some(({ pattern }) => pattern === branch)) {
    const patterns = covering.map(({ pattern }) => pattern).join(', ');
    const says = `Only the wildcard ${patterns} protects ${branch}: whoever narrows it unprotects the branch.`;
    return { name, verdict: 'wrong', says, remedy: exactly, ...(protect ? { fix: protect } : {}) };
  }
  return { name, verdict: 'ok', says: `${branch} is protected by its exact name, and nobody can rewrite it.` };
}

/**
 * Whether what proposes to an environment can be pushed by whoever proposes: `promote` composes it again when the tip
 * moves, and people push a release or a rollback of their own.
 */
export function proposalOf(environment: string, rules: readonly ProtectionRule[]): Finding {
  const branch = environmentBranch(environment);
  const name = `proposals to ${environment}`;
  const free = (proposal: string) => {
    const covering = rules.filter((rule) => covers(rule, proposal));
    return covering.length === 0 || covering.some(({ allowsForcePush }) => allowsForcePush);
  };
  const proposals = [proposalBranch(environment), releaseBranch(environment, 'app'), rollbackBranch(environment)];
  const caught = proposals.find((proposal) => !free(proposal));
  if (caught === undefined)
    return { name, verdict: 'ok', says: `${proposals[0]} can be composed again when ${branch} moves.` };
  const covering = rules.filter((rule) => covers(rule, caught));
  const patterns = covering.map(({ pattern }) => pattern).join(', ');
  return {
    name,
    verdict: 'wrong',
    says: `The rule ${patterns} protects ${caught} too, so ${caught === proposals[0] ? 'promote cannot compose it' : 'nobody can push it'} again when ${branch} moves.`,
    remedy: `Protect the environment branches by their exact names, and take that rule away${whereOf(covering)}.`,
  };
}

/** Where the API has the rule of a branch. */
export const rulePath = (branch: string) => `/protected_branches/${encodeURIComponent(branch)}`;

/** `The rule env/* allows`, `The rules a, b allow` */
function named(rules: readonly ProtectionRule[]): string {
  const patterns = rules.map(({ pattern }) => pattern).join(', ');
  return rules.length === 1 ? `The rule ${patterns} allows` : `The rules ${patterns} allow`;
}

const whereOf = (rules: readonly ProtectionRule[]) =>
  rules.some(({ inherited }) => inherited) ? ' (it comes from the group: in the settings of the group)' : '';

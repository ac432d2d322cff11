import type { Finding } from './finding.ts';
import { environmentBranch, proposalBranch } from './names.ts';

/** One rule of a forge that protects branches. */
export interface ProtectionRule {
  /** A branch's name, or a pattern: `env/*`. */
  readonly pattern: string;
  readonly allowsForcePush: boolean;
  /** It comes from the group above the project, where alone it can be changed. */
  readonly inherited: boolean;
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
 */
export function protectionOf(branch: string, rules: readonly ProtectionRule[]): Finding {
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
    };
  if (permissive.length > 0) {
    const says = `${named(permissive)} force push to ${branch}, and among overlapping rules the most permissive wins.`;
    return { name, verdict: 'wrong', says, remedy: `Switch force push off there${whereOf(permissive)}.` };
  }
  if (!covering.some(({ pattern }) => pattern === branch)) {
    const patterns = covering.map(({ pattern }) => pattern).join(', ');
    const says = `Only the wildcard ${patterns} protects ${branch}: whoever narrows it unprotects the branch.`;
    return { name, verdict: 'wrong', says, remedy: exactly };
  }
  return { name, verdict: 'ok', says: `${branch} is protected by its exact name, and nobody can rewrite it.` };
}

/** Whether `promote` can rewrite an environment's proposal, as it must when the environment's tip moves. */
export function proposalOf(environment: string, rules: readonly ProtectionRule[]): Finding {
  const branch = proposalBranch(environment);
  const name = `proposals to ${environment}`;
  const covering = rules.filter((rule) => covers(rule, branch));
  if (covering.length === 0 || covering.some(({ allowsForcePush }) => allowsForcePush))
    return {
      name,
      verdict: 'ok',
      says: `${branch} can be composed again when ${environmentBranch(environment)} moves.`,
    };
  const patterns = covering.map(({ pattern }) => pattern).join(', ');
  return {
    name,
    verdict: 'wrong',
    says: `The rule ${patterns} protects ${branch} too, so promote cannot compose it again when ${environmentBranch(environment)} moves.`,
    remedy: `Protect the environment branches by their exact names, and take that rule away${whereOf(covering)}.`,
  };
}

/** `The rule env/* allows`, `The rules a, b allow` */
function named(rules: readonly ProtectionRule[]): string {
  const patterns = rules.map(({ pattern }) => pattern).join(', ');
  return rules.length === 1 ? `The rule ${patterns} allows` : `The rules ${patterns} allow`;
}

const whereOf = (rules: readonly ProtectionRule[]) =>
  rules.some(({ inherited }) => inherited) ? ' (it comes from the group: in the settings of the group)' : '';

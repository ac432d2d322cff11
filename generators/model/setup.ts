import type { Finding } from './finding.ts';

/** How a forge merges. A member is undefined where the forge did not tell, or told a word that we do not know. */
export interface MergeSettings {
  /** `semi-linear`: a merge commit, and only of what stands on the target's tip. */
  readonly method: 'merge commit' | 'semi-linear' | 'fast-forward' | undefined;
  readonly squash: 'never' | 'off by default' | 'on by default' | 'always' | undefined;
  /** Whether a merge waits for a pipeline that succeeds; `none` where the project runs none. */
  readonly pipelines: 'must succeed' | 'may fail' | 'none' | undefined;
}

const settings = 'Settings → Merge requests';
const unread = (name: string): Finding => ({
  name,
  verdict: 'unknown',
  says: 'The forge does not tell this to the token.',
  remedy: `Look at ${settings}, or use a token with a higher role.`,
});

/** The oldest of each line in which a Developer gets no token that says a protected branch (CVE-2025-5819). */
const mended: readonly (readonly [number, number, number])[] = [
  [18, 0, 6],
  [18, 1, 4],
  [18, 2, 2],
];

/**
 * Whether the forge keeps apart who is whom in its tokens, which AWS and Sigstore believe.
 * https://gitlab.com/gitlab-org/gitlab/-/issues/548165
 * @param said `19.6.1-ee`
 */
export function forgeVersionOf(said: string): Finding {
  const name = 'version of GitLab';
  const [, major, minor, patch = '0'] = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(said) ?? [];
  const wanted = '18.2.2, 18.1.4 or 18.0.6';
  if (major === undefined)
    return { name, verdict: 'unknown', says: `The forge says "${said}" of its version; ${wanted} or later is needed.` };
  const is = [Number(major), Number(minor), Number(patch)] as const;
  const line = mended.find(([one, two]) => one === is[0] && two === is[1]);
  const fine = line ? is[2] >= line[2] : is[0] > 18 || (is[0] === 18 && is[1] > 2);
  if (fine) return { name, verdict: 'ok', says: `GitLab is ${said}; ${wanted} or later is needed.` };
  return {
    name,
    verdict: 'wrong',
    says: `GitLab is ${said}, in which a Developer can have a token that says main to AWS and Sigstore (CVE-2025-5819).`,
    remedy: `Update it to ${wanted}, or later.`,
  };
}

/** Whether a promotion becomes a merge commit of just what was proposed. Other methods are survived; they cost something. */
export function methodOf({ method }: MergeSettings): Finding {
  const name = 'merge method';
  const remedy = `Choose "Merge commit with semi-linear history" in ${settings}.`;
  switch (method) {
    case 'semi-linear':
      return { name, verdict: 'ok', says: 'Merge commit with semi-linear history.' };
    case 'merge commit':
      return {
        name,
        verdict: 'wrong',
        says: 'A proposal that stands on an old tip can be merged: an app may become a mixture that nobody rendered, and is frozen as edited.',
        remedy,
      };
    case 'fast-forward':
      return {
        name,
        verdict: 'wrong',
        says: 'Fast-forward leaves no merge commit: a promotion of several apps cannot be taken back with one git revert -m 1.',
        remedy,
      };
    default:
      return unread(name);
  }
}

/** Whether the one commit per app survives the merge. */
export function squashOf({ squash }: MergeSettings): Finding {
  const name = 'squash';
  const remedy = `Choose "Do not allow" for squashing in ${settings}.`;
  const cost = 'a squashed promotion is one commit for all its apps, so git revert cannot take back one app alone';
  switch (squash) {
    case 'never':
      return { name, verdict: 'ok', says: 'Commits are never squashed.' };
    case 'off by default':
      return {
        name,
        verdict: 'ok',
        says: `Squashing is off by default, but whoever merges may choose it: ${cost}.`,
        remedy,
      };
    case 'on by default':
    case 'always':
      return {
        name,
        verdict: 'wrong',
        says: `Squashing is ${squash === 'always' ? 'always on' : squash}: ${cost}.`,
        remedy,
      };
    default:
      return unread(name);
  }
}

/** Whether a proposal that its pipeline rejects can be merged. */
export function pipelinesOf({ pipelines }: MergeSettings): Finding {
  const name = 'pipelines';
  switch (pipelines) {
    case 'must succeed':
      return { name, verdict: 'ok', says: 'A merge waits for a pipeline that succeeds.' };
    case 'may fail':
      return {
        name,
        verdict: 'wrong',
        says: 'A proposal can be merged although its pipeline says that it does not stand on the tip.',
        remedy: `Switch on "Pipelines must succeed" in ${settings}.`,
      };
    case 'none':
      return {
        name,
        verdict: 'unknown',
        says: 'This forge runs no pipelines for the project, so no merge waits for one.',
        remedy: 'Where it can run them, switch CI/CD on.',
      };
    default:
      return unread(name);
  }
}

import type { Finding } from './finding.ts';

/** What a token is for. */
export type Purpose =
  | 'publish'
  | 'promote'
  | 'statuses'
  | 'renovate'
  | 'hand-over'
  | 'notifications'
  | 'argocd'
  | 'versions';

/** One of the tokens of a project: one for each purpose, so that whoever has it can do no more than that. */
export interface TokenNeed {
  readonly purpose: Purpose;
  /** How the project access token is called, and with it its account. */
  readonly name: string;
  readonly scopes: readonly string[];
  /** The lowest role that does. One that pushes to a protected branch must be named there, or be a maintainer's. */
  readonly role: 'reporter' | 'developer' | 'maintainer';
  /** The variable of the pipeline that holds it, and the environment whose jobs alone are given it. */
  readonly variable?: { readonly key: string; readonly environment: string };
  /** What it does. */
  readonly does: string;
  /** Not every project has a use for it. @default false */
  readonly optional?: boolean;
}

const inPipeline = (environment: string) => ({ key: 'SLIPWAY_TOKEN', environment });

/**
 * Every token, and what it may do at most. https://docs.gitlab.com/user/project/settings/project_access_tokens/
 * A push with the token of a job starts no pipeline, and that token opens no merge request: so each has its own.
 */
export const tokenNeeds: readonly TokenNeed[] = [
  {
    ...{ purpose: 'publish', name: 'slipway-publish', scopes: ['write_repository'], role: 'maintainer' },
    variable: inPipeline('publish'),
    does: 'pushes rendered and the first environments',
  },
  {
    ...{ purpose: 'promote', name: 'slipway-promote', scopes: ['api', 'write_repository'], role: 'developer' },
    variable: inPipeline('promote'),
    does: 'pushes proposals, opens and updates their requests',
  },
  {
    ...{ purpose: 'statuses', name: 'slipway-statuses', scopes: ['api'], role: 'developer' },
    variable: inPipeline('statuses'),
    does: 'says of commits where they run',
  },
  {
    ...{ purpose: 'renovate', name: 'slipway-renovate', scopes: ['api', 'write_repository'], role: 'developer' },
    does: 'lets Renovate open merge requests onto main, wherever it runs, which people merge',
    optional: true,
  },
  {
    ...{ purpose: 'hand-over', name: 'slipway-hand-over', scopes: ['api', 'write_repository'], role: 'developer' },
    variable: inPipeline('hand-over'),
    does: 'lets the pipeline of another repository propose a digest by a merge request onto main',
    optional: true,
  },
  {
    ...{ purpose: 'notifications', name: 'slipway-notifications', scopes: ['api'], role: 'developer' },
    does: 'lets Argo CD say of commits that they are synced',
  },
  {
    ...{ purpose: 'argocd', name: 'slipway-argocd', scopes: ['read_repository'], role: 'reporter' },
    does: 'lets Argo CD read the branches',
  },
  {
    ...{ purpose: 'versions', name: 'slipway-versions', scopes: ['read_repository'], role: 'reporter' },
    does: 'lets Prometheus learn what runs where',
    optional: true,
  },
];

export const tokenOf = (purpose: Purpose): TokenNeed => tokenNeeds.find((one) => one.purpose === purpose) as TokenNeed;

/** A project access token, as the forge lists it: never its value. */
export interface ProjectToken {
  readonly name: string;
  readonly scopes: readonly string[];
  /** GitLab's number of its role: https://docs.gitlab.com/api/access_requests/#valid-access-levels */
  readonly level: number;
  /** The account that it acts as. */
  readonly account: number;
  /** `2027-01-31`; undefined where it never ends. */
  readonly expires: string | undefined;
}

const levels = { reporter: 20, developer: 30, maintainer: 40 } as const;
/** Days before its end in which a token is said to end. */
const soon = 30;
const enough: Readonly<Record<string, readonly string[]>> = {
  api: ['read_api'],
  write_repository: ['read_repository'],
};

/**
 * Whether each purpose has its token, which can do no more than it must, and does not end soon.
 * @param today `2026-11-22`
 * @param merges whether requests of an environment are merged by themselves, which promote does as a maintainer
 */
export function tokensOf(tokens: readonly ProjectToken[], today: string, merges: boolean): Finding[] {
  const needs = tokenNeeds.map((need) =>
    merges && need.purpose === 'promote' ? { ...need, role: 'maintainer' as const } : need,
  );
  const known = needs.flatMap((need) => {
    const own = tokens.filter(({ name }) => name === need.name);
    const name = `token ${need.name}`;
    const make = `Settings → Access tokens: ${need.name}, role ${need.role}, ${need.scopes.join(' and ')}.`;
    if (own.length === 0 && need.optional) return [];
    if (own.length === 0)
      return [{ name, verdict: 'todo' as const, says: `There is none: it ${need.does}.`, remedy: make }];
    return own.map((token): Finding => {
      const allowed = [...need.scopes, ...need.scopes.flatMap((scope) => enough[scope] ?? [])];
      const more = token.scopes.filter((scope) => !allowed.includes(scope) && scope !== 'self_rotate');
      if (more.length > 0)
        return {
          ...{ name, verdict: 'wrong', remedy: `Make it anew. ${make}` },
          says: `It ${need.does}, and could do more: ${more.join(', ')}.`,
        };
      if (token.level > levels[need.role])
        return {
          ...{ name, verdict: 'wrong', remedy: `Make it anew. ${make}` },
          says: `It ${need.does}, for which the role ${need.role} is enough.`,
        };
      const end = endOf(token, today);
      return { name, ...end, ...(end.verdict === 'ok' ? {} : { remedy: `Rotate it. ${make}` }) };
    });
  });
  const ours = new Set(tokenNeeds.map(({ name }) => name));
  const others = tokens.filter(
    ({ name, scopes }) => !ours.has(name) && scopes.some((scope) => scope === 'api' || scope === 'write_repository'),
  );
  if (others.length === 0) return known;
  const says = `${others.map(({ name }) => name).join(', ')} can write, and Slipway has no use for ${others.length === 1 ? 'it' : 'them'}.`;
  return [
    ...known,
    {
      name: 'other tokens',
      verdict: 'unknown',
      says,
      remedy: 'Revoke what nobody can explain (Settings → Access tokens).',
    },
  ];
}

function endOf({ expires }: ProjectToken, today: string): Pick<Finding, 'verdict' | 'says'> {
  if (expires === undefined)
    return { verdict: 'wrong', says: 'It never ends, and so works for whoever finds it years later.' };
  const days = Math.floor((Date.parse(expires) - Date.parse(today)) / 86_400_000);
  return days < soon
    ? { verdict: 'wrong', says: `It ends on ${expires}, in ${days} ${days === 1 ? 'day' : 'days'}.` }
    : { verdict: 'ok', says: `It ends on ${expires}.` };
}

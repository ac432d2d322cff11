import type { Call, Finding } from './finding.ts';
import { type TokenNeed, tokenNeeds } from './token.ts';

/** A variable of pipelines, as the forge lists it: never its value. */
export interface Variable {
  readonly key: string;
  /** Only pipelines of protected branches are given it. */
  readonly protected: boolean;
  /** Logs do not show it. */
  readonly masked: boolean;
  /** A file: GitLab masks none of several lines. */
  readonly file: boolean;
  /** The environments whose jobs are given it: `*` for every job. */
  readonly environment: string;
}

/** A variable that pipelines want, and what for. */
interface Need extends NonNullable<TokenNeed['variable']>, Pick<TokenNeed, 'does'> {
  readonly optional?: boolean | undefined;
}

/** Names of what is for protected branches alone, and of what no log may show: a key may be a reference to one. */
const kept = /TOKEN|SECRET|PASSW|CREDENTIAL|_KEY$|AUTH(?!OR)/i;
const unseen = /TOKEN|SECRET|PASSW/i;

/**
 * Whether no pipeline is given a secret that it does not need: a merge request's runs what its author wrote, so that
 * what it is given is everybody's who may push a branch. https://docs.gitlab.com/ci/variables/
 */
export function variablesOf(variables: readonly Variable[]): Finding[] {
  const wanted = tokenNeeds.flatMap(({ variable, does, optional }) =>
    variable ? [{ ...variable, does, optional }] : [],
  );
  const keys = new Set(wanted.map(({ key }) => key));
  const secrets = variables.filter(({ key }) => kept.test(key));
  const broken = secrets.flatMap((one): Finding[] => {
    const faults = [
      ...faultsOf(one),
      ...(keys.has(one.key) &&
      !wanted.some(({ key, environment }) => key === one.key && environment === one.environment)
        ? [
            `jobs of ${one.environment === '*' ? 'every environment' : `the environment ${one.environment}`} are given it`,
          ]
        : []),
    ];
    if (faults.length === 0) return [];
    const where = one.environment === '*' ? one.key : `${one.key} (${one.environment})`;
    const scopes = wanted.filter(({ key }) => key === one.key).map(({ environment }) => environment);
    const place = scopes.length > 0 ? `, for the environment ${scopes.join(', ')} alone` : '';
    const fix: Call = {
      method: 'PUT',
      path: `/variables/${one.key}?filter[environment_scope]=${encodeURIComponent(one.environment)}`,
      body: { protected: true, ...(one.file || !unseen.test(one.key) ? {} : { masked: true }) },
    };
    return [
      {
        name: `variable ${where}`,
        verdict: 'wrong',
        says: `${faults.join('; ')}.`.replace(/^./, (letter) => letter.toUpperCase()),
        remedy: `Settings → CI/CD → Variables → ${one.key}: protected, masked${place}.`,
        ...(scopes.length > 0 && !scopes.includes(one.environment) ? {} : { fix }),
      },
    ];
  });
  return [
    ...broken,
    ...wanted.flatMap((need) => wantedOf(need, variables)),
    ...variables.flatMap(switchOf),
    ...othersOf(secrets.filter(({ key }) => !keys.has(key))),
  ];
}

/** What is expected: fine, missing, or said with its faults beside this. */
function wantedOf({ key, environment, does, optional = false }: Need, variables: readonly Variable[]): Finding[] {
  const name = `variable ${key} (${environment})`;
  const there = variables.find((one) => one.key === key && one.environment === environment);
  if (there && faultsOf(there).length > 0) return [];
  if (there)
    return [{ name, verdict: 'ok', says: `It ${does}: masked, for protected branches and that environment alone.` }];
  if (optional) return [];
  return [
    {
      ...{ name, verdict: 'todo' },
      says: `There is none for the environment ${environment}, so no pipeline ${does}.`,
      remedy: `Settings → CI/CD → Variables → ${key}: masked and hidden, protected, for the environment ${environment} alone.`,
    },
  ];
}

/** Turns on the jobs that speak to AWS: no secret, and what no rule of a job sees turns nothing on. */
export const clustersSwitch = 'SLIPWAY_CLUSTERS';

/**
 * Whether every pipeline is given the switch, a merge request's too, whose plan hangs on it.
 * https://docs.gitlab.com/ci/environments/#limit-the-environment-scope-of-a-cicd-variable: rules are looked at before a
 * job has an environment.
 */
function switchOf({ key, protected: isProtected, environment }: Variable): Finding[] {
  if (key !== clustersSwitch) return [];
  const name = `variable ${key}${environment === '*' ? '' : ` (${environment})`}`;
  const place = `Settings → CI/CD → Variables → ${key}: for all environments, not protected.`;
  if (environment !== '*')
    return [
      { name, verdict: 'wrong', says: 'Rules of jobs do not see what one environment alone is given.', remedy: place },
    ];
  if (!isProtected)
    return [{ name, verdict: 'ok', says: 'Where it is live, pipelines have the jobs that speak to AWS.' }];
  return [
    {
      ...{ name, verdict: 'wrong', remedy: place },
      says: "A merge request's pipeline is not given it, so that it does not show what a change does in AWS.",
      fix: { method: 'PUT', path: `/variables/${key}?filter[environment_scope]=*`, body: { protected: false } },
    },
  ];
}

/** Secrets that somebody else put there. */
function othersOf(secrets: readonly Variable[]): Finding[] {
  const fine = secrets.filter((one) => faultsOf(one).length === 0);
  if (secrets.length === 0 || fine.length < secrets.length) return [];
  const keys = fine.map(({ key }) => key).join(', ');
  return [{ name: 'other secrets', verdict: 'ok', says: `Each is masked, and for protected branches alone: ${keys}.` }];
}

/** How a secret is given to more than it must. */
const faultsOf = (one: Variable): string[] => [
  ...(one.protected ? [] : ["every pipeline is given it, a merge request's too"]),
  ...(one.masked || one.file || !unseen.test(one.key) ? [] : ['logs show it']),
];

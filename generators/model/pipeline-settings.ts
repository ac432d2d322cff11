import type { Call, Finding } from './finding.ts';
import { clustersSwitch } from './variable.ts';

/** What a project lets its pipelines do. A member is undefined where the forge did not tell. */
export interface PipelineSettings {
  /** Whether a pipeline that was skipped counts as one that succeeded. */
  readonly skippedCounts: boolean | undefined;
  /** Whether the token of any job may push to the repository. */
  readonly jobsPush: boolean | undefined;
  /** Whether a pipeline of a fork may run here, with what this project gives its own. */
  readonly forksRunHere: boolean | undefined;
  /** Whether a merge request between protected branches is given protected variables and runners. */
  readonly requestsAreTrusted: boolean | undefined;
  /** Whether a merge request's pipeline runs what the merge would be, and not its source branch; also in merge trains. */
  readonly mergesAreTried: boolean | undefined;
  /** Whether protected branches have caches of their own. */
  readonly cachesAreApart: boolean | undefined;
  /** Who may give a pipeline variables that come before all others. */
  readonly variablesBy: 'developer' | 'maintainer' | 'owner' | 'nobody' | undefined;
  /** Whether the forge deletes image tags by their age. */
  readonly deletesTags: boolean | undefined;
}

/** Whom a rule of the registry lets push to repositories and delete from them. */
export interface RegistryRule {
  /** `example/slipway/*` */
  readonly pattern: string;
  readonly push: string | undefined;
  readonly delete: string | undefined;
}

const put = (body: Call['body']): Call => ({ method: 'PUT', path: '', body });

/** What each setting must be: its name, where it is, what it costs otherwise. */
const wanted: readonly {
  readonly name: string;
  readonly fine: (settings: PipelineSettings) => boolean | undefined;
  readonly ok: string;
  readonly wrong: string;
  readonly remedy: string;
  readonly fix: Call;
}[] = [
  {
    name: 'skipped pipelines',
    fine: ({ skippedCounts }) => not(skippedCounts),
    ok: 'A pipeline that was skipped is none that succeeded.',
    wrong: 'A pipeline that was skipped counts as one that succeeded: a word in a commit message is enough to merge.',
    remedy: 'Switch "Skipped pipelines are considered successful" off in Settings → Merge requests.',
    fix: put({ allow_merge_on_skipped_pipeline: false }),
  },
  {
    name: 'pushes of jobs',
    fine: ({ jobsPush }) => not(jobsPush),
    ok: 'The token of a job cannot push.',
    wrong: 'The token of any job can push, as whoever started its pipeline: also that of a test which a package runs.',
    remedy:
      'Switch "Allow Git push requests to the repository" off in Settings → CI/CD → Job token permissions: publish has a token of its own.',
    fix: put({ ci_push_repository_for_job_token_allowed: false }),
  },
  {
    name: 'pipelines of forks',
    fine: ({ forksRunHere }) => not(forksRunHere),
    ok: 'A pipeline of a fork never runs in this project.',
    wrong:
      "A member who runs a pipeline for a fork's merge request runs its code with what this project gives its own.",
    remedy: 'Switch it off; whoever wants it tested reads it and pushes the branch here.',
    fix: put({ ci_allow_fork_pipelines_to_run_in_parent_project: false }),
  },
  {
    name: 'requests of protected branches',
    fine: ({ requestsAreTrusted }) => not(requestsAreTrusted),
    ok: 'No pipeline of a merge request is given a protected variable.',
    wrong: 'A merge request from one protected branch to another is given every protected variable.',
    remedy:
      'Switch "Allow merge request pipelines to access protected variables and runners" off in Settings → CI/CD → Variables.',
    fix: put({ protect_merge_request_pipelines: false }),
  },
  {
    // What the token says is the source branch, by app/models/ci/pipeline.rb (source_ref) and lib/gitlab/ci/jwt_v2.rb.
    name: 'merged results',
    fine: ({ mergesAreTried }) => not(mergesAreTried),
    ok: 'The pipeline of a merge request runs what its source branch says, and no merge of it.',
    wrong:
      "A merge request from main onto a branch of one's own runs that branch's jobs, with tokens that say main: whoever may push has what AWS gives to main, and signs images.",
    remedy:
      'Switch "Enable merged results pipelines" and "Enable merge trains" off in Settings → Merge requests; main checks what was merged before it publishes.',
    fix: put({ merge_pipelines_enabled: false, merge_trains_enabled: false }),
  },
  {
    name: 'caches',
    fine: ({ cachesAreApart }) => cachesAreApart,
    ok: 'Protected branches have caches of their own.',
    wrong: 'A merge request can put a package into the cache that publishing takes its packages from.',
    remedy: 'Switch "Use separate caches for protected branches" on in Settings → CI/CD → General pipelines.',
    fix: put({ ci_separated_caches: true }),
  },
  {
    name: 'variables by hand',
    fine: ({ variablesBy }) => (variablesBy === undefined ? undefined : variablesBy !== 'developer'),
    ok: 'Developers cannot give a pipeline variables that come before those of the project.',
    wrong:
      'A Developer can give a pipeline variables that come before those of the project: NODE_OPTIONS, an address, a path.',
    remedy:
      'Choose Maintainer or No one in Settings → CI/CD → Variables; what is asked of a pipeline by hand are inputs.',
    fix: put({ ci_pipeline_variables_minimum_override_role: 'maintainer' }),
  },
  {
    name: 'cleanup of images',
    fine: ({ deletesTags }) => not(deletesTags),
    ok: 'GitLab deletes no image tag by its age.',
    wrong: 'GitLab deletes image tags by their age, also those that an environment runs and would go back to.',
    remedy:
      'Switch the cleanup policy off in Settings → Packages and registries: npx slipway image prune knows what environments name.',
    fix: { method: 'PUT', path: '?container_expiration_policy_attributes[enabled]=false', body: {} },
  },
];

const not = (value: boolean | undefined) => (value === undefined ? undefined : !value);

/** Whether pipelines can do no more than they must. */
export function pipelineSettingsOf(settings: PipelineSettings): Finding[] {
  return wanted.map(({ name, fine, ok, wrong, remedy, fix }): Finding => {
    const is = fine(settings);
    if (is === undefined)
      return { name, verdict: 'unknown', says: 'The forge does not tell this to the token.', remedy };
    return is ? { name, verdict: 'ok', says: ok } : { name, verdict: 'wrong', says: wrong, remedy, fix };
  });
}

/** Whether jobs of other projects are kept out. @param limited whether only projects that are listed come in */
export function jobTokensOf(limited: boolean): Finding {
  const name = 'jobs of other projects';
  if (limited) return { name, verdict: 'ok', says: 'Only jobs of projects that are listed reach this one.' };
  return {
    name,
    verdict: 'wrong',
    says: 'A job of any project on this server reaches this one as whoever started it.',
    remedy: 'Settings → CI/CD → Job token permissions: "This project and any groups and projects in the allowlist".',
    fix: { method: 'PATCH', path: '/job_token_scope', body: { enabled: true } },
  };
}

const above = ['maintainer', 'owner', 'admin'];

/**
 * Whether Developers, and with them every merge request's pipeline, can push and delete images. A tag that they push
 * proves nothing, since `image find` asks for a signature; one that they delete is lost.
 * @param project `example/slipway`
 */
export function registryOf(rules: readonly RegistryRule[], project: string): Finding {
  const name = 'images';
  const pattern = `${project.toLowerCase()}/*`;
  const whole = rules.filter((rule) => rule.pattern === pattern);
  const held = (verb: 'push' | 'delete') => whole.some((rule) => above.includes(rule[verb] ?? ''));
  if (held('push') && held('delete'))
    return { name, verdict: 'ok', says: 'Maintainers alone, and pipelines that they started, push and delete images.' };
  const verbs = (['push', 'delete'] as const).filter((verb) => !held(verb)).join(' and ');
  return {
    name,
    verdict: 'wrong',
    says: `Every Developer, and so every merge request's pipeline, can ${verbs} images of ${project}.`,
    remedy: `Settings → Packages and registries → Container registry → protected repositories: ${pattern}, push and delete by Maintainers.`,
    fix: {
      method: 'POST',
      path: '/registry/protection/repository/rules',
      body: {
        repository_path_pattern: pattern,
        minimum_access_level_for_push: 'maintainer',
        minimum_access_level_for_delete: 'maintainer',
      },
    },
  };
}

/**
 * Whether somebody is asked before a pipeline of main changes a cluster. AWS sees the project and the branch alone.
 * @param clusters those in AWS, whose jobs name the environments `cluster/<name>`
 * @param live whether pipelines have such jobs
 * @param guarded the environments that are protected; undefined where the tier protects none
 */
export function clusterEnvironmentsOf(
  clusters: readonly string[],
  { live, guarded }: { readonly live: boolean; readonly guarded: readonly string[] | undefined },
): Finding {
  const name = 'environments of clusters';
  if (!live)
    return {
      name,
      verdict: 'ok',
      says: `No pipeline changes a cluster: the variable ${clustersSwitch} is not set.`,
      remedy: `Once the stack slipway-account is there, Settings → CI/CD → Variables → ${clustersSwitch}: live, for all environments, neither masked nor protected.`,
    };
  if (!guarded)
    return {
      name,
      verdict: 'ok',
      says: 'This tier protects no environment: whoever may merge into main may start a job that changes a cluster.',
    };
  const open = clusters.map((cluster) => `cluster/${cluster}`).filter((environment) => !guarded.includes(environment));
  if (open.length === 0)
    return { name, verdict: 'ok', says: 'Only those who are named change a cluster by a pipeline.' };
  return {
    name,
    verdict: 'wrong',
    says: `Whoever may merge into main may start the job of ${open.join(' and ')}.`,
    remedy: `Settings → CI/CD → Protected environments: ${open.join(', ')}, with those who may deploy and who approve.`,
  };
}

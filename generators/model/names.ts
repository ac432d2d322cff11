/** Every branch and file name that Slipway uses, in one room. */

export const main = 'main';

/** The append-only branch of all parts: one folder per environment, in it one folder per app. */
export const rendered = 'rendered';

/** The branch that Argo CD syncs: `env/staging`. */
export const environmentBranch = (environment: string) => `env/${environment}`;

/** The source branch of an environment's one promotion request: `env/staging-next`. */
export const proposalBranch = (environment: string) => `env/${environment}-next`;

/** The source branch of a request that puts one app on an environment by a person's wish. */
export const releaseBranch = (environment: string, app: string) => `env/${environment}-release-${app}`;

/** The source branch of a request that rolls an environment back, or one app of it. */
export const rollbackBranch = (environment: string, app?: string) =>
  `env/${environment}-rollback${app === undefined ? '' : `-${app}`}`;

/** The source branch of a request onto `main` that moves an app to an image that was built elsewhere. */
export const bumpBranch = (app: string) => `bump/${app}`;

/** Whether a branch proposes something to an environment. */
export const isProposalFor = (environment: string, branch: string) =>
  branch === proposalBranch(environment) ||
  branch === rollbackBranch(environment) ||
  [releaseBranch(environment, ''), rollbackBranch(environment, '')].some((start) => branch.startsWith(start));

/** A branch by its full name: `refs/heads/env/staging`. */
export const head = (branch: string) => `refs/heads/${branch}`;

/** The branch that a full name means. */
export const branchOf = (ref: string) => ref.replace(/^refs\/heads\//, '');

/** At the root of `rendered`, and only there. */
export const publishedFile = 'published.json';

/** In every part; Argo CD does not read it as a manifest. */
export const metadataFile = 'hydrator.metadata';

/** In every part: the Argo CD Application that syncs the rest of the folder. */
export const applicationFile = 'application.yaml';

/** In every environment folder of `rendered`, and at the root of every environment branch. */
export const pipelineFile = '.gitlab-ci.yml';

/** On `main`: the jobs of every environment branch, which its pipeline file includes. */
export const branchJobs = 'generators/ci/environment.yml';

/**
 * A legal name of an app or environment: a DNS label (RFC 1123), short enough that what derives from it
 * (`<app>-0`, `env/<environment>-release-<app>`) stays one.
 */
export const legalName = /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/** Whether `name` may be an environment: proposals must never read as one. */
export const legalEnvironment = (name: string) => legalName.test(name) && !isProposal(name);

/** Whether a branch, or what would be the name of its environment, is a proposal. */
export const isProposal = (branch: string) => /-next$|-release-|-rollback(-|$)/.test(branch);

import type { Forge, ProjectSettings } from '../forge/forge.ts';
import {
  type BranchRights,
  branchRights,
  grantsOf,
  type Named,
  ownersOf,
  protectCall,
} from '../model/branch-rights.ts';
import type { Path } from '../model/environment.ts';
import type { Finding } from '../model/finding.ts';
import type { Stage } from '../model/metadata.ts';
import { clusterEnvironmentsOf, jobTokensOf, pipelineSettingsOf, registryOf } from '../model/pipeline-settings.ts';
import { proposalOf, protectionOf } from '../model/protection.ts';
import { Unreadable } from '../model/refusal.ts';
import { forgeVersionOf, methodOf, pipelinesOf, squashOf } from '../model/setup.ts';
import { tokenOf, tokensOf } from '../model/token.ts';
import { clustersSwitch, variablesOf } from '../model/variable.ts';

/** What is asked of a forge that answers. */
export interface AtForge {
  readonly forge: Forge;
  readonly settings: () => Promise<ProjectSettings>;
  /** What the newest commit of the checkout says of clusters and environments. */
  readonly definitions: () => Promise<Pick<Path, 'clusters' | 'environments'>>;
  /** The path as it was published last; undefined where nothing published could be read. */
  readonly path: readonly Stage[] | undefined;
  /** `2026-11-22` */
  readonly today: string;
}

/** One thing that is looked at. What it finds is decided in `model`, from what it reads here. */
export interface ForgeCheck {
  /** What is said to be not checked when `look` throws. */
  readonly name: string;
  /** @throws {Unreadable} for what cannot be known, and is no fault; {Refusal} for what fails */
  look(at: AtForge): Promise<readonly Finding[]>;
}

const unread: Finding = {
  name: 'protection of environments',
  verdict: 'unknown',
  says: 'Nothing published could be read, so they are not known.',
};

export const forgeChecks: readonly ForgeCheck[] = [
  {
    name: 'protection',
    async look({ forge, path }) {
      const rules = await forge.protectionRules();
      const all = branchRights(path ?? []).map((rights) => protectionOf(rights.branch, rules, protectCall(rights)));
      const later = (path ?? []).filter(({ after }) => after !== undefined);
      return [...all, ...(path ? [] : [unread]), ...later.map(({ name }) => proposalOf(name, rules))];
    },
  },
  {
    name: 'rights on branches',
    async look(at) {
      const [rules, named, groups] = await Promise.all([at.forge.protectionRules(), namedIn(at), onCall(at)]);
      const grants = (rights: BranchRights) =>
        (['push', 'merge'] as const).flatMap((verb) => grantsOf(verb, rights, rules, named) ?? []);
      return [...branchRights(at.path ?? [], groups).flatMap(grants), ownersOf(rules, named)];
    },
  },
  {
    name: 'merge settings',
    async look({ settings }) {
      const found = await settings();
      return [methodOf(found), squashOf(found), pipelinesOf(found)];
    },
  },
  { name: 'rights of pipelines', look: async ({ settings }) => pipelineSettingsOf(await settings()) },
  { name: 'version of GitLab', look: async ({ forge }) => [forgeVersionOf(await forge.version())] },
  { name: 'jobs of other projects', look: async ({ forge }) => [jobTokensOf(await forge.jobTokensAreLimited())] },
  {
    name: 'images',
    look: async ({ forge, settings }) => [registryOf(await forge.registryRules(), (await settings()).project)],
  },
  {
    name: 'environments of clusters',
    async look({ forge, settings, definitions }) {
      const live = (await forge.variables()).some(({ key }) => key === clustersSwitch);
      const { premium } = await settings();
      const guarded = live && premium ? await forge.protectedEnvironments() : undefined;
      const { clusters } = await definitions();
      const inAws = [...clusters.values()].filter(({ aws }) => aws !== undefined);
      return [
        clusterEnvironmentsOf(
          inAws.map(({ name }) => name),
          { live, guarded },
        ),
      ];
    },
  },
  { name: 'secrets of pipelines', look: async ({ forge }) => variablesOf(await forge.variables()) },
  {
    name: 'tokens',
    async look({ forge, path = [], today }) {
      const merges = path.some(({ auto }) => auto === true);
      return tokensOf(await forge.tokens(), today, merges);
    },
  },
];

/** Whom the project's rules name. What the token may not know of accounts is not known, and the rest is. */
async function namedIn({ forge, settings }: AtForge): Promise<Named> {
  const { premium, groups } = await settings();
  const listed = await forge.tokens().catch((error: unknown) => {
    if (error instanceof Unreadable) return undefined;
    throw error;
  });
  const ours = { [tokenOf('publish').name]: 'publisher', [tokenOf('promote').name]: 'promoter' } as const;
  const accounts = listed?.flatMap(({ name, account }) => {
    const is = ours[name];
    return is ? [[account, is] as const] : [];
  });
  return { premium, groups, accounts: accounts && new Map(accounts) };
}

/** By environment: the groups that are on call for its cluster. */
async function onCall({ definitions }: AtForge): Promise<Map<string, readonly string[]>> {
  const { clusters, environments } = await definitions();
  return new Map(environments.map(({ name, cluster }) => [name, clusters.get(cluster)?.people?.operators ?? []]));
}

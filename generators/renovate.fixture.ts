import { loadAll } from 'js-yaml';

/** The Renovate whose patterns and ways stand here, and with which the real run was last seen to agree. */
// renovate: datasource=npm depName=renovate
export const renovate = '44.121.2';

/** A manager that `renovate.json` defines: https://docs.renovatebot.com/configuration-options/#custommanagers */
export interface CustomManager {
  readonly managerFilePatterns: readonly string[];
  readonly matchStrings: readonly string[];
  readonly matchStringsStrategy?: 'any' | 'recursive';
  readonly description: string;
  readonly [template: `${string}Template`]: string;
}

export interface Config {
  readonly baseBranchPatterns: readonly string[];
  readonly gitlabci: { readonly managerFilePatterns: readonly string[] };
  readonly customManagers: readonly CustomManager[];
  readonly packageRules: readonly { readonly automerge?: boolean; readonly [name: string]: unknown }[];
}

/** One version or digest that a manager finds in a file. */
export interface Found {
  readonly manager: string;
  readonly file: string;
  readonly value: string;
}

interface BuiltIn {
  readonly patterns: readonly string[];
  /** What it finds in a file, simplified to the forms that are used here; the real run says whether that is so. */
  values(text: string): readonly (string | undefined)[];
}

/** The patterns are Renovate's own: `dist/modules/manager/<name>/index.js`. */
const builtIn: Readonly<Record<string, BuiltIn>> = {
  npm: {
    patterns: ['/(^|/)package\\.json$/'],
    values: (text) => {
      const read = JSON.parse(text) as Record<string, Record<string, string> | undefined>;
      return ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((type) =>
        Object.values(read[type] ?? {}),
      );
    },
  },
  pip_requirements: {
    patterns: ['/(^|/)[\\w-]*requirements([-._]\\w+)?\\.(txt|pip)$/'],
    values: (text) => [...text.matchAll(/^[\w.-]+==(\S+)/gm)].map(([, version]) => version),
  },
  dockerfile: {
    patterns: ['/(^|/|\\.)([Dd]ocker|[Cc]ontainer)file$/', '/(^|/)([Dd]ocker|[Cc]ontainer)file[^/]*$/'],
    values: (text) => {
      const defaults = new Map([...text.matchAll(/^ARG (\w+)=(\S+)/gm)].map(([, name, value]) => [name, value]));
      return [...text.matchAll(/^FROM (?:--\S+ )*(\S+)/gm)].flatMap(([, from = '']) =>
        imageParts(from.replace(/^\$\{?(\w+)\}?$/, (whole, name) => defaults.get(name) ?? whole)),
      );
    },
  },
  gitlabci: {
    patterns: ['/\\.gitlab-ci\\.ya?ml$/'],
    values: (text) =>
      loadAll(text.replaceAll('!reference ', ''))
        .flatMap((document) => [document, ...Object.values((document ?? {}) as object)])
        .flatMap((job) => imagesOf(job as Job | null))
        .flatMap(imageParts),
  },
  'github-actions': {
    patterns: ['/(^|/)(workflow-templates|\\.(?:github|gitea|forgejo)/(?:workflows|actions))/.+\\.ya?ml$/'],
    values: (text) =>
      [...text.matchAll(/\buses: [\w./-]+@(\S+)(?: # (v[\d.]+))?|\bruns-on: [a-z]+-(\d[\d.]*)/g)].flatMap(
        ([, commit, version, system]) => [commit, version, system],
      ),
  },
};

interface Job {
  readonly image?: string | { readonly name?: string };
  readonly services?: readonly (string | { readonly name?: string })[];
}

const imagesOf = (job: Job | null) =>
  job === null || typeof job !== 'object'
    ? []
    : [job.image, ...(Array.isArray(job.services) ? job.services : [])].map((image) =>
        typeof image === 'object' ? (image?.name ?? '') : (image ?? ''),
      );

/** `name:tag@sha256:…` by its tag and digest; what a variable says is not known. */
function imageParts(image: string): (string | undefined)[] {
  if (image.includes('$')) return [];
  const [named = '', digest] = image.split('@');
  return [/:([\w.-]+)$/.exec(named)?.[1], digest];
}

/** Renovate's patterns are regular expressions between slashes. */
const matches = (patterns: readonly string[], file: string) =>
  patterns.some((pattern) => new RegExp(pattern.slice(1, -1)).test(file));

/** What Renovate finds in a file. */
export function foundIn(config: Config, file: string, text: string): Found[] {
  const found = (manager: string, values: readonly (string | undefined)[]) =>
    values.filter((value) => value !== undefined).map((value) => ({ manager, file, value }));
  return [
    ...Object.entries(builtIn).flatMap(([name, { patterns, values }]) => {
      const more = name === 'gitlabci' ? config.gitlabci.managerFilePatterns : [];
      return matches([...patterns, ...more], file) ? found(name, values(text)) : [];
    }),
    ...config.customManagers.flatMap((manager) =>
      matches(manager.managerFilePatterns, file)
        ? found(
            'regex',
            custom(manager, text).flatMap(({ currentValue, currentDigest }) => [currentValue, currentDigest]),
          )
        : [],
    ),
  ];
}

type Groups = Readonly<Record<string, string | undefined>>;

/** `lib/modules/manager/custom/regex/strategies.ts`: any of the expressions, or each within what the one before matched. */
export function custom({ matchStrings, matchStringsStrategy }: CustomManager, text: string): Groups[] {
  const expressions = matchStrings.map((each) => new RegExp(each, 'g'));
  if (matchStringsStrategy !== 'recursive')
    return expressions.flatMap((each) => [...text.matchAll(each)].map(({ groups }) => groups ?? {}));
  return expressions
    .reduce<{ text: string; groups: Groups }[]>(
      (matched, each) =>
        matched.flatMap((outer) =>
          [...outer.text.matchAll(each)].map((inner) => ({
            text: inner[0],
            groups: { ...outer.groups, ...inner.groups },
          })),
        ),
      [{ text, groups: {} }],
    )
    .map(({ groups }) => groups);
}

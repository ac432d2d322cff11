import type { Manifest } from '../../../model/manifest.ts';
import { type ApplicationRule, rulesFor } from './admission.ts';

/** An Application of an environment that reaches beyond it. */
export interface Hostile {
  readonly name: string;
  readonly application: Manifest;
  /** What the project says that it names, or nothing: a project knows neither branches nor tools. */
  readonly project?: RegExp;
  /** What the API server says, or nothing where its policy does not look. */
  readonly admission?: ApplicationRule['message'];
}

/** @param good an Application of an apps' environment, which is changed by path; `undefined` takes a field away */
export function hostileApplications(good: Manifest, repository: string): Hostile[] {
  const [own, place, source, tool, operation] = rulesFor(repository).map(({ message }) => message);
  const hostile = (
    name: string,
    fields: Readonly<Record<string, unknown>>,
    project: RegExp | undefined,
    admission: string | undefined,
  ): Hostile => ({
    name,
    application: changed(good, fields),
    ...(project ? { project } : {}),
    ...(admission === undefined ? {} : { admission }),
  });
  const other = 'https://git.example.org/other.git';
  const foreign = /may not belong to it/;
  const [elsewhere, abroad, stranger] = [
    /namespace .* is none of/,
    /cluster .* is not the one/,
    /repository .* is none/,
  ];
  const { source: own_ } = good.spec as { source: object };
  return [
    hostile("another environment's project", { 'spec.project': 'elsewhere' }, foreign, own),
    hostile("the platform's project", { 'spec.project': 'platform' }, foreign, own),
    hostile("Argo CD's first project", { 'spec.project': 'default' }, foreign, own),
    hostile('a project that nobody made', { 'spec.project': 'mine' }, /there is no project mine/, own),
    hostile("another environment's namespace", { 'spec.destination.namespace': 'elsewhere' }, elsewhere, place),
    hostile('where Argo CD takes its orders from', { 'spec.destination.namespace': 'argocd' }, elsewhere, place),
    hostile('no namespace', { 'spec.destination.namespace': undefined }, elsewhere, place),
    hostile('another cluster', { 'spec.destination.server': 'https://other.example.org' }, abroad, place),
    hostile(
      'another cluster by name',
      { 'spec.destination.server': undefined, 'spec.destination.name': 'other' },
      abroad,
      place,
    ),
    hostile('another repository', { 'spec.source.repoURL': other }, stranger, source),
    hostile(
      "another environment's branch",
      { 'spec.source.targetRevision': 'refs/heads/env/other' },
      undefined,
      source,
    ),
    hostile('a branch that anybody may push', { 'spec.source.targetRevision': 'main' }, undefined, source),
    hostile('no branch', { 'spec.source.targetRevision': undefined }, undefined, source),
    hostile('a second source', { 'spec.sources': [own_, { ...own_, repoURL: other }] }, stranger, source),
    hostile(
      'a source that Argo CD would hydrate',
      {
        'spec.source': undefined,
        'spec.sourceHydrator': {
          drySource: { repoURL: repository, targetRevision: 'main', path: '.' },
          syncSource: { targetBranch: 'main', path: 'shop' },
        },
      },
      /hydrated/,
      source,
    ),
    hostile('Helm', { 'spec.source.helm': { values: 'a: 1' } }, undefined, tool),
    hostile('Kustomize', { 'spec.source.kustomize': { namePrefix: 'a' } }, undefined, tool),
    hostile('a plugin', { 'spec.source.plugin': { name: 'a' } }, undefined, tool),
    hostile('a chart', { 'spec.source.chart': 'a' }, undefined, tool),
    hostile(
      'a sync of another source',
      { operation: { sync: { source: { repoURL: other, path: '.' } } } },
      undefined,
      operation,
    ),
    hostile(
      'a sync of what another branch says',
      { operation: { sync: { source: { ...own_, targetRevision: 'main' } } } },
      undefined,
      operation,
    ),
    hostile(
      'a sync of what a tool makes',
      { operation: { sync: { source: { ...own_, kustomize: { namePrefix: 'a' } } } } },
      undefined,
      operation,
    ),
    hostile('a sync of manifests by hand', { operation: { sync: { manifests: ['a'] } } }, undefined, operation),
  ];
}

function changed(good: Manifest, fields: Readonly<Record<string, unknown>>): Manifest {
  const copy = structuredClone(good) as Record<string, unknown>;
  for (const [path, value] of Object.entries(fields)) {
    const steps = path.split('.');
    const last = steps.pop() as string;
    const at = steps.reduce((inner, step) => inner[step] as Record<string, unknown>, copy);
    if (value === undefined) delete at[last];
    else at[last] = value;
  }
  return copy as unknown as Manifest;
}

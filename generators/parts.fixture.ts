import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { apps } from '../apps/index.ts';
import { clusters, environments, repository } from '../clusters/environments.ts';
import { type Definitions, hydrate } from './hydrate.ts';
import type { Manifest } from './model/manifest.ts';
import type { Part } from './model/part.ts';

/** An object of a part, as it stands in a branch. */
export interface Rendered {
  /** `production/counter/deployment-counter.yaml`. */
  readonly at: string;
  readonly manifest: Manifest & { readonly metadata: { readonly namespace?: string } };
  readonly text: string;
}

/** Clusters and their environments. */
type Places = Pick<Definitions, 'clusters' | 'environments'>;

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

/**
 * Every part of every own app.
 * @param places where. @default those of `clusters/environments.ts`
 * @throws {Error} when one cannot be rendered
 */
export async function partsOfAll(places: Places = { clusters, environments }): Promise<Part[]> {
  const loaded = new Map<string, () => unknown>();
  for (const [name, load] of Object.entries(apps)) {
    const { app } = await load();
    loaded.set(name, () => app);
  }
  const lines = hydrate(
    {
      ...{ apps: loaded, repository, ...places },
      read: (app, file) => readFileSync(new URL(`../apps/${app}/${file}`, import.meta.url), 'utf8'),
    },
    {
      builds: { service: { tree: 'a'.repeat(40), version: '1.0.7', commit: 'b'.repeat(40) } },
      images: { counter: `registry.gitlab.com/example/slipway/counter@${digest}` },
      known: {},
      taken: [],
    },
    'v24.0.0',
  );
  return [...lines].flatMap((line) => {
    if ('failed' in line) throw new Error(line.failed.message);
    return 'part' in line ? [line.part] : [];
  });
}

/** The objects of a part, its Application among them. */
export const objectsOf = ({ environment, app, files }: Part): Rendered[] =>
  Object.entries(files).map(([file, text]) => ({
    at: `${environment}/${app}/${file}`,
    manifest: load(text) as Rendered['manifest'],
    text,
  }));

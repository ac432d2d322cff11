import { readFileSync } from 'node:fs';
import { loadAll } from 'js-yaml';
import { custom, type Definition } from './custom.ts';
import { type Described, described } from './described.ts';
import type { Catalogue } from './schema.ts';
import { type OpenApi, served } from './served.ts';

/**
 * Makes the catalogues anew, the same bytes for the same input:
 *
 *   for path in $(kubectl get --raw /openapi/v3 | jq -r '.paths | keys[]'); do
 *     kubectl get --raw "/openapi/v3/$path"; echo
 *   done | node generators/schemas/update.ts > kubernetes.json
 *
 *   node generators/schemas/update.ts 'Argo CD v3.5.1, manifests/crds' application.yaml appproject.yaml > argo-cd.json
 *
 *   eksctl utils schema > schema.json
 *   node generators/schemas/update.ts "eksctl $(eksctl version), utils schema" schema.json > eksctl.json
 *
 * The first form takes what a server of Kubernetes serves, one document a line; the second what CRDs declare, and its
 * first word says where they were read; the third what a JSON schema describes that a program publishes of its own kind.
 * Then move the file over the one in generators/schemas/: the difference is one line for each type.
 */
function update(source: string | undefined, files: readonly string[]): Catalogue {
  if (source === undefined) return served(documentsIn(readFileSync(0, 'utf8')));
  const documents = files.flatMap((file) => loadAll(readFileSync(file, 'utf8'))) as (
    | ({ kind?: unknown } & Partial<Described>)
    | null
  )[];
  const schema = documents.find((document) => document?.definitions !== undefined);
  if (schema) return described(schema as Described, source);
  return custom(
    documents.filter((document) => document?.kind === 'CustomResourceDefinition') as unknown as Definition[],
    source,
  );
}

/** What stands on the lines of a text, one JSON document each. */
export const documentsIn = (text: string): OpenApi[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as OpenApi);

/** One line for each kind and type, so that people see what a new version changes. */
export function format({ source, kinds, types }: Catalogue): string {
  const lines = (record: Readonly<Record<string, unknown>>) =>
    Object.entries(record)
      .map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`)
      .join(',\n');
  return `{
  "source": ${JSON.stringify(source)},
  "kinds": {
${lines(kinds)}
  },
  "types": {
${lines(types)}
  }
}
`;
}

if (import.meta.main) {
  const [source, ...files] = process.argv.slice(2);
  process.stdout.write(format(update(source, files)));
}

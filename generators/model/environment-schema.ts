import { z } from 'zod';
import { resources } from './app-schema.ts';
import { type Accepts, refused, type Shape } from './definition.ts';
import type { Environment, Path } from './environment.ts';
import { legalEnvironment, legalName } from './names.ts';
import { Misuse } from './refusal.ts';

const environment = z.strictObject({
  name: z.string().refine(legalEnvironment, 'must be a DNS label that does not read as a proposal branch'),
  cluster: z.string().regex(legalName, 'must be the name of a cluster'),
  after: z.string().optional(),
  domain: z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'must be a DNS name'),
  replicas: z.int().min(1).max(100),
  resources,
  soak: z.string().regex(/^\d+[smhd]$/, "must be a time such as '10m'"),
} satisfies Shape<Environment>);
true satisfies Accepts<z.input<typeof environment>, Environment>;

const repository = z.url('must be the URL that Argo CD reads this repository from');

/**
 * Checks what `clusters/environments.ts` exports and orders it.
 * @throws {Misuse} with every mistake: field, value and what was expected; also for a circle or an unknown `after`.
 */
export function checkPath(value: { repository: unknown; environments: unknown }): Path {
  const file = 'clusters/environments.ts';
  const url = repository.safeParse(value.repository);
  const list = z.array(environment).min(1).safeParse(value.environments);
  const mistakes = [
    ...(url.success ? [] : refused(`${file} (repository)`, url.error, value.repository)),
    ...(list.success ? [] : refused(`${file} (environments)`, list.error, value.environments)),
  ];
  if (!url.success || !list.success) throw new Misuse(mistakes.join('\n'));
  const left = new Map<string, Environment>();
  for (const item of list.data) {
    if (left.has(item.name)) throw new Misuse(`${file}: two environments are named ${item.name}.`);
    left.set(item.name, item);
  }
  for (const item of list.data) {
    if (item.after !== undefined && !left.has(item.after)) {
      throw new Misuse(
        `${file}: ${item.name} comes after ${item.after}, which is not an environment; known are ${[...left.keys()].join(', ')}.`,
      );
    }
  }
  const ordered: Environment[] = [];
  while (left.size > 0) {
    const next = [...left.values()].find((item) => item.after === undefined || !left.has(item.after));
    if (!next)
      throw new Misuse(
        `${file}: ${[...left.keys()].join(', ')} come after one another in a circle; one of them must come first.`,
      );
    left.delete(next.name);
    ordered.push(next);
  }
  return { repository: url.data, environments: ordered };
}

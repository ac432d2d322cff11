import type { Body } from './body.ts';
import { project } from './project.ts';
import { badParameter, invalid } from './refused.ts';

/** What protects images, which the forge has none of. https://docs.gitlab.com/api/container_repository_protection_rules/ */
export class RegistryRules {
  #all: readonly ReturnType<typeof shown>[];

  constructor(isAsMade: boolean) {
    this.#all = isAsMade ? [] : [shown(1, `${project.path}/*`, { push: 'maintainer', delete: 'maintainer' })];
  }

  list = () => this.#all;

  add(body: Body) {
    const { repository_path_pattern: pattern } = body;
    if (typeof pattern !== 'string' || pattern === '') throw badParameter('repository_path_pattern is missing');
    if (!pattern.startsWith(project.path))
      throw invalid(422, `Repository path pattern should start with the project's full path`);
    if (this.#all.some((one) => one.repository_path_pattern === pattern))
      throw invalid(422, 'Repository path pattern has already been taken');
    const made = shown(this.#all.length + 1, pattern, {
      push: level(body, 'minimum_access_level_for_push'),
      delete: level(body, 'minimum_access_level_for_delete'),
    });
    this.#all = [...this.#all, made];
    return made;
  }
}

interface Levels {
  readonly push: string | null;
  readonly delete: string | null;
}

const shown = (id: number, pattern: string, levels: Levels) => ({
  id,
  project_id: project.id,
  repository_path_pattern: pattern,
  minimum_access_level_for_push: levels.push,
  minimum_access_level_for_delete: levels.delete,
});

function level(body: Body, field: string): string | null {
  const value = body[field];
  if (value === undefined || value === '') return null;
  if (!['maintainer', 'owner', 'admin'].includes(String(value)))
    throw badParameter(`${field} does not have a valid value`);
  return String(value);
}

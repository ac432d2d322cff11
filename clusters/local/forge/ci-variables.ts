import type { Body } from './body.ts';
import { badParameter, Refused } from './refused.ts';

/** A variable of pipelines, as GitLab shows it. */
interface Shown {
  readonly variable_type: 'env_var' | 'file';
  readonly key: string;
  readonly value: string;
  readonly protected: boolean;
  readonly masked: boolean;
  readonly hidden: boolean;
  readonly raw: boolean;
  readonly environment_scope: string;
  readonly description: null;
}
export type ShownVariable = Shown;

/** The variables of pipelines, which the forge never runs. https://docs.gitlab.com/api/project_level_variables/ */
export class CiVariables {
  #all: readonly Shown[] = [];

  list = (): readonly Shown[] => this.#all;

  add(body: Body): Shown {
    const { key, value } = body;
    if (typeof key !== 'string' || key === '') throw badParameter('key is missing');
    if (typeof value !== 'string') throw badParameter('value is missing');
    const made = told(body, {
      ...{ variable_type: 'env_var', key, value, protected: false, masked: false, hidden: false, raw: false },
      ...{ environment_scope: '*', description: null },
    });
    if (this.#all.some((one) => one.key === key && one.environment_scope === made.environment_scope))
      throw new Refused(400, 'taken', { message: { key: [`(${key}) has already been taken`] } });
    this.#all = [...this.#all, made];
    return made;
  }

  change(key: string, body: Body): Shown {
    const scope = body['filter[environment_scope]'];
    const found = this.#all.filter(
      (one) => one.key === key && (scope === undefined || one.environment_scope === scope),
    );
    if (found.length > 1)
      throw new Refused(
        409,
        "There are multiple variables with provided parameters. Please use 'filter[environment_scope]'",
      );
    const [old] = found;
    if (!old) throw new Refused(404, '404 Variable Not Found');
    const changed = told(body, old);
    this.#all = this.#all.map((one) => (one === old ? changed : one));
    return changed;
  }
}

/** A variable with what a body says of it. */
function told(body: Body, old: Shown): Shown {
  const flag = (name: 'protected' | 'masked') => (name in body ? String(body[name]) === 'true' : old[name]);
  const text = (name: 'value' | 'environment_scope') => (typeof body[name] === 'string' ? body[name] : old[name]);
  const made: Shown = {
    ...old,
    ...{ value: text('value'), environment_scope: text('environment_scope') },
    ...{ protected: flag('protected'), masked: flag('masked') },
    variable_type: body.variable_type === 'file' ? 'file' : old.variable_type,
  };
  // https://docs.gitlab.com/ci/variables/#mask-a-cicd-variable
  if (made.masked && !/^\S{8,}$/.test(made.value))
    throw new Refused(400, 'invalid', { message: { value: ['is invalid'] } });
  return made;
}

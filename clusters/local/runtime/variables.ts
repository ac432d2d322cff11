import { traces } from '../../../generators/model/monitoring.ts';
import { Refusal } from '../../../generators/model/refusal.ts';
import { NotRunHere } from './artifact.ts';
import type { Container, KeyReference, Variable } from './template.ts';

type Data = Readonly<Record<string, string>>;

/**
 * The variables of a container as its manifest says them, later ones before earlier ones, references `$(NAME)` resolved.
 * https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
 * @param fields what the pod knows of itself, by `metadata.name` and the like
 * @param configs the data of a ConfigMap by its name
 * @throws {NotRunHere} naming a secret that it needs. @throws {Refusal} naming a ConfigMap or key that is not there
 */
export function variablesOf(
  { name: container, env = [], envFrom = [] }: Pick<Container, 'name' | 'env' | 'envFrom'>,
  fields: Data,
  configs: (name: string) => Data | undefined,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { prefix = '', configMapRef, secretRef } of envFrom) {
    if (secretRef && !secretRef.optional) throw new NotRunHere(needsSecret(container, secretRef.name));
    if (!configMapRef) continue;
    const data = configs(configMapRef.name);
    if (!data && !configMapRef.optional)
      throw new Refusal(`container ${container} needs the ConfigMap ${configMapRef.name}, which is not there`);
    for (const [key, value] of Object.entries(data ?? {})) found[`${prefix}${key}`] = value;
  }
  for (const variable of env) {
    const value = said(variable, container, fields, configs);
    if (value !== undefined) found[variable.name] = resolved(value, found);
  }
  return found;
}

/** A value with its references `$(NAME)`; one that is not known stays as it is, and `$$` is a `$`. */
export const resolved = (value: string, variables: Data): string =>
  value.replace(/\$(?:\$|\(([A-Za-z_][\w.-]*)\))/g, (all, name) => (all === '$$' ? '$' : (variables[name] ?? all)));

function said(
  { name, value = '', valueFrom }: Variable,
  container: string,
  fields: Data,
  configs: (name: string) => Data | undefined,
): string | undefined {
  // What takes traces belongs to a cluster: without its address none are made, and none are looked up in vain.
  if (!valueFrom) return value === traces.address ? undefined : value;
  const { configMapKeyRef: config, secretKeyRef: secret, fieldRef } = valueFrom;
  if (secret) {
    if (secret.optional) return undefined;
    throw new NotRunHere(needsSecret(container, secret.name));
  }
  if (config) return keyOf(config, container, configs);
  if (fieldRef?.fieldPath === 'status.podIP' || fieldRef?.fieldPath === 'status.hostIP') return '127.0.0.1';
  const field = fieldRef && fields[fieldRef.fieldPath];
  if (field === undefined)
    throw new NotRunHere(
      `variable ${name} of container ${container} asks for ${fieldRef?.fieldPath ?? Object.keys(valueFrom)[0]}, which this machine does not know`,
    );
  return field;
}

function keyOf(
  { name, key, optional }: KeyReference,
  container: string,
  configs: (name: string) => Data | undefined,
): string | undefined {
  const value = configs(name)?.[key];
  if (value === undefined && !optional)
    throw new Refusal(`container ${container} needs ${key} of the ConfigMap ${name}, which is not there`);
  return value;
}

const needsSecret = (container: string, secret: string) =>
  `container ${container} needs the secret ${secret}, which this machine does not have`;

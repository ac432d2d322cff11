import type { Kind } from './schema.ts';
import type { Walk } from './walk.ts';

/** https://www.rfc-editor.org/rfc/rfc1123#section-2 */
const label = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
export const subdomain = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
export const prefix = 'expected a domain of at most 253 characters before the /, in lower case';

interface Rule {
  readonly form: RegExp;
  readonly longest: number;
  readonly says: string;
}

const dnsLabel: Rule = {
  form: label,
  longest: 63,
  says: 'a DNS label: lower-case letters, digits and -, with a letter or digit at both ends',
};
const dnsSubdomain: Rule = {
  form: subdomain,
  longest: 253,
  says: 'a DNS subdomain: lower-case letters, digits, - and ., with a letter or digit at both ends of each word',
};
const pathSegment: Rule = { form: /^(?!\.\.?$)[^/%]+$/, longest: 253, says: 'a name without / and %' };

/**
 * Kinds whose names are not DNS subdomains: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
 * A Service's may begin with a digit since Kubernetes 1.36 (RelaxedServiceNameValidation). The longest name of a CronJob
 * leaves room for the time that its Jobs' names end in:
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#writing-a-cronjob-spec
 */
const byKind: Readonly<Record<string, Rule>> = {
  'v1 Namespace': dnsLabel,
  'v1 Service': dnsLabel,
  'apps/v1 StatefulSet': dnsLabel,
  'batch/v1 CronJob': { ...dnsSubdomain, longest: 52 },
  'rbac.authorization.k8s.io/v1 Role': pathSegment,
  'rbac.authorization.k8s.io/v1 RoleBinding': pathSegment,
  'rbac.authorization.k8s.io/v1 ClusterRole': pathSegment,
  'rbac.authorization.k8s.io/v1 ClusterRoleBinding': pathSegment,
  'certificates.k8s.io/v1 CertificateSigningRequest': pathSegment,
  'networking.k8s.io/v1 IPAddress': { ...pathSegment, says: 'an IP address' },
};

/** Holds metadata.name and metadata.namespace against what the kind allows. */
export function checkName(key: string, { scope }: Kind, metadata: unknown, walk: Walk): void {
  const { name, namespace } = (metadata ?? {}) as Readonly<Record<string, unknown>>;
  walk.keys.push('metadata');
  if (name === undefined) walk.wrongAt('name', 'is missing: every object needs it');
  if (typeof name === 'string') hold(name, 'name', byKind[key] ?? dnsSubdomain, walk);
  if (scope === 'Cluster' && namespace !== undefined)
    walk.wrongAt(
      'namespace',
      `is ${walk.shown(namespace)}: the kind ${key.split(' ')[1]} belongs to the cluster and has none`,
    );
  else if (typeof namespace === 'string') hold(namespace, 'namespace', dnsLabel, walk);
  walk.keys.pop();
}

function hold(value: string, field: string, { form, longest, says }: Rule, walk: Walk): void {
  if (value.length > longest) walk.wrongAt(field, `has ${value.length} characters: expected at most ${longest}`);
  else if (!form.test(value)) walk.wrongAt(field, `is ${JSON.stringify(value)}: expected ${says}`);
}

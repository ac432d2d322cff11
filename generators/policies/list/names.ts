import { breach } from '../pods.ts';
import { object, type PartPolicy } from '../policy.ts';

const label = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
/** RFC 1035: it becomes a DNS name of its own. */
const service = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
/** RBAC takes whatever may stand in a path. */
const segment = /^(?!\.{1,2}$)[^/%]+$/;

interface Rule {
  readonly legal: RegExp;
  readonly most: number;
  readonly why: string;
}

const others: Rule = { legal: subdomain, most: 253, why: 'a DNS name' };
const role: Rule = { legal: segment, most: 253, why: 'a name without a slash' };
const rules: Readonly<Record<string, Rule>> = {
  Service: { legal: service, most: 63, why: 'a DNS label that begins with a letter' },
  Namespace: { legal: label, most: 63, why: 'a DNS label' },
  Pod: { legal: label, most: 63, why: "a DNS label, since it is the pod's host name" },
  // Its pods carry the label controller-revision-hash, which is the name, a dash and ten characters.
  'apps/StatefulSet': { legal: label, most: 52, why: 'a DNS label with room for the hash of its revision' },
  // The hash of a Deployment's pods is ten characters, and its name is a label in most charts and dashboards.
  'apps/Deployment': { legal: label, most: 63, why: 'a DNS label' },
  'apps/DaemonSet': { legal: label, most: 63, why: 'a DNS label' },
  // Its pods carry the name as a label.
  'batch/Job': { legal: label, most: 63, why: 'a DNS label' },
  // Its jobs are called by its name, a dash and ten digits.
  'batch/CronJob': { legal: label, most: 52, why: 'a DNS label with room for the time of a run' },
  'rbac.authorization.k8s.io/Role': role,
  'rbac.authorization.k8s.io/RoleBinding': role,
  'rbac.authorization.k8s.io/ClusterRole': role,
  'rbac.authorization.k8s.io/ClusterRoleBinding': role,
};

export const names: PartPolicy = {
  id: 'names',
  says: 'A name must be legal and leave room for what derives from it.',
  source: 'https://kubernetes.io/docs/concepts/overview/working-with-objects/names/',
  *check(part) {
    for (const subject of part.subjects) {
      const { legal, most, why } = (Object.hasOwn(rules, subject.kind) && rules[subject.kind]) || others;
      if (subject.name.length > most || !legal.test(subject.name))
        yield breach(
          subject,
          ['metadata', 'name'],
          subject.name,
          `For a ${subject.kind} that is ${why}, at most ${most} characters.`,
        );
    }
  },
  passes: [
    object('CronJob/backup', { 'metadata.name': 'a'.repeat(52) }),
    object('Role/spare', { 'metadata.name': 'system:Spare' }),
  ],
  fails: [
    object('CronJob/backup', { 'metadata.name': 'a'.repeat(53) }),
    object('StatefulSet/store', { 'metadata.name': 'a'.repeat(53) }),
    object('Deployment/worker', { 'metadata.name': 'Worker' }),
    object('ConfigMap/spare', { 'metadata.name': 'spare_1' }),
    object('ConfigMap/spare', { 'metadata.name': '' }),
  ],
};

import { breach } from '../pods.ts';
import { object, type PartPolicy } from '../policy.ts';

const kibibytes = 1024;
/** Small objects make small diffs, and GitLab stops showing large ones. etcd takes 1.5 MiB, a ConfigMap 1 MiB. */
const largest = 256 * kibibytes;
const most = 150;

/** No less than the bytes of a value's JSON, without writing it: a character is at most six. */
function atMost(value: unknown): number {
  if (typeof value === 'string') return value.length * 6 + 2;
  if (typeof value !== 'object' || value === null) return 24;
  let sum = 2;
  if (Array.isArray(value)) for (const item of value) sum += atMost(item) + 1;
  else
    for (const name of Object.keys(value))
      sum += name.length * 6 + 4 + atMost((value as Record<string, unknown>)[name]);
  return sum;
}

export const size: readonly PartPolicy[] = [
  {
    id: 'object-size',
    says: `An object must not be larger than ${largest / kibibytes} KiB.`,
    source: 'https://kubernetes.io/docs/concepts/configuration/configmap/#motivation',
    *check(part) {
      for (const subject of part.subjects) {
        if (atMost(subject.manifest) <= largest) continue;
        const bytes = Buffer.byteLength(JSON.stringify(subject.manifest));
        if (bytes > largest) yield breach(subject, [], `${Math.ceil(bytes / kibibytes)} KiB`);
      }
    },
    passes: [object('ConfigMap/web', { 'data.large': 'x'.repeat(200 * kibibytes) })],
    fails: [
      object('ConfigMap/web', { 'data.large': 'x'.repeat(256 * kibibytes) }),
      object('ConfigMap/web', { 'data.large': '→'.repeat(90 * kibibytes) }),
    ],
  },
  {
    id: 'part-size',
    says: `A part must not have more than ${most} objects: split the app.`,
    source: 'https://docs.gitlab.com/administration/instance_limits/#diff-limits',
    *check({ subjects }) {
      const [over] = subjects.slice(most);
      if (over) yield breach(over, [], `${subjects.length} objects`);
    },
    passes: [],
    fails: [
      Array.from({ length: most + 1 }, (_, index) => ({
        add: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `more-${index}`, namespace: 'production' } },
      })),
    ],
  },
];

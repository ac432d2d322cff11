import { fieldsOf, itemsOf, type Path, textOf, visit } from '../json.ts';
import { breach, type Workload, workloadsOf } from '../pods.ts';
import { object, type PartPolicy, planned, pod, removed, volume } from '../policy.ts';
import { containersOf, podItems, type View } from '../view.ts';

const source = 'https://kubernetes.io/docs/concepts/configuration/';

interface Reference {
  /** `configMapKeyRef`. */
  readonly field: string;
  readonly workload: Workload;
  readonly path: Path;
  readonly name: unknown;
  readonly key?: unknown;
}

const maps = ['configMap', 'configMapRef', 'configMapKeyRef'];
const secrets = ['secret', 'secretRef', 'secretKeyRef'];
const fields = new Set([...maps, ...secrets]);

/** Where the pods of a part name ConfigMaps and Secrets: by the field that holds the reference, at any depth. */
function refers(part: View): readonly Reference[] {
  const before = known.get(part);
  if (before) return before;
  const found: Reference[] = [];
  for (const workload of workloadsOf(part)) {
    const { path, spec } = workload.template;
    visit(spec, (inside, value) => {
      const field = inside.at(-1);
      if (typeof field !== 'string' || !fields.has(field)) return;
      const { name, secretName, key, optional } = fieldsOf(value);
      if (optional === true || (name === undefined && secretName === undefined)) return;
      const last = name === undefined ? 'secretName' : 'name';
      found.push({ field, workload, path: [...path, 'spec', ...inside, last], name: name ?? secretName, key });
    });
  }
  known.set(part, found);
  return found;
}
/** Two policies ask. */
const known = new WeakMap<View, readonly Reference[]>();

/** The Secrets that something in the part makes from a reference. */
function secretsOf(part: View): readonly unknown[] {
  const synced = part
    .of('external-secrets.io/ExternalSecret')
    .map(({ name, spec }) => fieldsOf(spec.target).name ?? name);
  const mounted = part
    .of('secrets-store.csi.x-k8s.io/SecretProviderClass')
    .flatMap(({ spec }) => itemsOf(spec.secretObjects).map((one) => fieldsOf(one).secretName));
  const certificates = part.of('cert-manager.io/Certificate').map(({ spec }) => spec.secretName);
  return [...part.of('Secret').map(({ name }) => name), ...synced, ...mounted, ...certificates];
}

export const references: readonly PartPolicy[] = [
  {
    id: 'config-map-reference',
    says: 'A ConfigMap that a pod names must be in its part, with the key that is named.',
    source: `${source}configmap/`,
    *check(part) {
      for (const { field, workload, path, name, key } of refers(part)) {
        if (!maps.includes(field)) continue;
        const map = part.named('ConfigMap', name);
        const keys = { ...fieldsOf(map?.manifest.data), ...fieldsOf(map?.manifest.binaryData) };
        if (map === undefined) yield breach(workload, path, name);
        else if (typeof key === 'string' && !Object.hasOwn(keys, key))
          yield breach(workload, [...path.slice(0, -1), 'key'], key);
      }
    },
    passes: [
      planned({
        env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'web', key: 'missing', optional: true } } }],
      }),
    ],
    fails: [
      removed('ConfigMap/web'),
      planned({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'web', key: 'missing' } } }] }),
      planned({ envFrom: [{ configMapRef: { name: 'wbe' } }] }),
    ],
  },
  {
    id: 'secret-reference',
    says: 'A Secret that a pod names must be made in its part, by an ExternalSecret or a SecretProviderClass.',
    source: `${source}secret/`,
    *check(part) {
      const made = secretsOf(part);
      for (const { field, workload, path, name } of refers(part))
        if (secrets.includes(field) && !made.includes(name)) yield breach(workload, path, name);
    },
    passes: [],
    fails: [
      removed('ExternalSecret/web'),
      planned({ envFrom: [{ secretRef: { name: 'wbe' } }] }),
      volume({ emptyDir: undefined, secret: { secretName: 'wbe' } }),
    ],
  },
  {
    id: 'secret-provider-reference',
    says: 'A SecretProviderClass that a pod mounts must be in its part.',
    source: 'https://secrets-store-csi-driver.sigs.k8s.io/getting-started/usage',
    *check(part) {
      for (const workload of workloadsOf(part)) {
        for (const { path, value } of podItems(workload, 'volumes')) {
          const csi = fieldsOf(fieldsOf(value).csi);
          const name = fieldsOf(csi.volumeAttributes).secretProviderClass;
          if (
            csi.driver !== 'secrets-store.csi.k8s.io' ||
            part.named('secrets-store.csi.x-k8s.io/SecretProviderClass', name)
          )
            continue;
          yield breach(workload, [...path, 'csi', 'volumeAttributes', 'secretProviderClass'], name);
        }
      }
    },
    passes: [],
    fails: [
      volume({
        emptyDir: undefined,
        csi: { driver: 'secrets-store.csi.k8s.io', readOnly: true, volumeAttributes: { secretProviderClass: 'wbe' } },
      }),
    ],
  },
  {
    id: 'service-account-reference',
    says: 'The service account of a pod must be in its part.',
    source: 'https://kubernetes.io/docs/concepts/security/service-accounts/',
    *check(part) {
      for (const workload of workloadsOf(part)) {
        const { path, spec } = workload.template;
        const name = textOf(spec.serviceAccountName) ?? '';
        // `default` has a policy of its own.
        if (!['', 'default'].includes(name) && !part.named('ServiceAccount', name))
          yield breach(workload, [...path, 'spec', 'serviceAccountName'], name);
      }
    },
    passes: [],
    fails: [removed('ServiceAccount/web'), pod({ serviceAccountName: 'wbe' })],
  },
  {
    id: 'claim-reference',
    says: 'A claim that a pod mounts must be in its part.',
    source: 'https://kubernetes.io/docs/concepts/storage/persistent-volumes/#claims-as-volumes',
    *check(part) {
      for (const workload of workloadsOf(part)) {
        for (const { path, value } of podItems(workload, 'volumes')) {
          const { claimName } = fieldsOf(fieldsOf(value).persistentVolumeClaim);
          if (claimName !== undefined && !part.named('PersistentVolumeClaim', claimName))
            yield breach(workload, [...path, 'persistentVolumeClaim', 'claimName'], claimName);
        }
      }
    },
    passes: [volume({ emptyDir: undefined, persistentVolumeClaim: { claimName: 'shared' } })],
    fails: [volume({ emptyDir: undefined, persistentVolumeClaim: { claimName: 'sharde' } })],
  },
  {
    id: 'volume-reference',
    says: 'What a container mounts must be a volume of its pod, or a claim of its StatefulSet.',
    source: 'https://kubernetes.io/docs/concepts/storage/volumes/',
    *check(part) {
      for (const workload of workloadsOf(part)) {
        const volumes = [
          ...podItems(workload, 'volumes').map(({ value }) => fieldsOf(value)),
          ...itemsOf(workload.spec.volumeClaimTemplates).map((claim) => fieldsOf(fieldsOf(claim).metadata)),
        ];
        const names = new Set(volumes.map(({ name }) => name));
        for (const { path, value } of containersOf(workload)) {
          for (const [index, mount] of itemsOf(fieldsOf(value).volumeMounts).entries()) {
            const { name } = fieldsOf(mount);
            if (!names.has(name)) yield breach(workload, [...path, 'volumeMounts', index, 'name'], name);
          }
        }
      }
    },
    passes: [],
    fails: [
      planned({ volumeMounts: [{ name: 'scrtach', mountPath: '/tmp' }] }),
      object('StatefulSet/store', { 'spec.volumeClaimTemplates[0].metadata.name': 'dtaa' }),
    ],
  },
  {
    id: 'service-reference',
    says: 'The Service that governs a StatefulSet must be in its part.',
    source: 'https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id',
    *check(part) {
      for (const store of part.of('apps/StatefulSet')) {
        const { serviceName } = store.spec;
        if (!part.named('Service', serviceName)) yield breach(store, ['spec', 'serviceName'], serviceName);
      }
    },
    passes: [],
    fails: [object('StatefulSet/store', { 'spec.serviceName': 'stroe' }), removed('Service/store')],
  },
  {
    id: 'role-reference',
    says: 'A RoleBinding must bind a Role and service accounts of its own part.',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/rbac/#rolebinding-and-clusterrolebinding',
    *check(part) {
      for (const binding of part.of('rbac.authorization.k8s.io/RoleBinding')) {
        const role = fieldsOf(binding.manifest.roleRef);
        if (role.kind === 'Role' && !part.named('rbac.authorization.k8s.io/Role', role.name))
          yield breach(binding, ['roleRef', 'name'], role.name);
        for (const [index, one] of itemsOf(binding.manifest.subjects).entries()) {
          const { kind, name, namespace } = fieldsOf(one);
          const elsewhere = namespace !== undefined && namespace !== fieldsOf(binding.manifest.metadata).namespace;
          if (kind === 'ServiceAccount' && !elsewhere && !part.named('ServiceAccount', name))
            yield breach(binding, ['subjects', index, 'name'], name);
        }
      }
    },
    passes: [],
    fails: [
      object('RoleBinding/reader', { 'roleRef.name': 'raeder' }),
      removed('Role/reader'),
      object('RoleBinding/reader', { 'subjects[0].name': 'wbe' }),
    ],
  },
];

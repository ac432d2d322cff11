/** One mistake in one good object (`right.fixture.ts`). */
export interface Wrong {
  readonly kind: string;
  /** Where `put` goes. */
  readonly at: string;
  /** `undefined` takes the field away. */
  readonly put: unknown;
  /** The field that is named. @default `at` */
  readonly field?: string;
  /** The whole sentence. */
  readonly says: string;
  /** Why a real server of Kubernetes takes the object all the same; without it the server refuses, too. */
  readonly taken?: string;
}

const dropped = 'a null of a built-in type is read as a field that is not there';
const pod = 'spec.template.spec';
const container = `${pod}.containers[0]`;
const row = (kind: string, at: string, put: unknown, says: string, more: Partial<Wrong> = {}): Wrong => ({
  kind,
  at,
  put,
  says,
  ...more,
});

export const wrong: readonly Wrong[] = [
  // Kinds and versions.
  row('Deployment', 'apiVersion', 'apps/v1beta1', 'apps/v1beta1 Deployment is not served; apps/v1 is'),
  row('Deployment', 'apiVersion', 'app/v1', 'app/v1 Deployment is not served; apps/v1 is'),
  row(
    'Ingress',
    'apiVersion',
    'extensions/v1beta1',
    'extensions/v1beta1 Ingress is not served; networking.k8s.io/v1 is',
  ),
  row(
    'HorizontalPodAutoscaler',
    'apiVersion',
    'autoscaling/v2beta2',
    'autoscaling/v2beta2 HorizontalPodAutoscaler is not served; autoscaling/v1 and autoscaling/v2 are',
  ),
  row(
    'PodDisruptionBudget',
    'apiVersion',
    'policy/v1beta1',
    'policy/v1beta1 PodDisruptionBudget is not served; policy/v1 is',
  ),
  row('CronJob', 'apiVersion', 'batch/v1beta1', 'batch/v1beta1 CronJob is not served; batch/v1 is'),
  row('Deployment', 'kind', 'Deploymnt', 'apps/v1 Deploymnt is not served; did you mean Deployment?'),
  row('Deployment', 'kind', 'Deploymnets', 'apps/v1 Deploymnets is not served; did you mean Deployment?'),
  row('ConfigMap', 'kind', 'Configmap', 'v1 Configmap is not served; did you mean ConfigMap?'),
  row(
    'ConfigMap',
    'kind',
    'PodSecurityPolicy',
    'v1 PodSecurityPolicy is not served, and no CRD that is known here declares it',
  ),
  row('ConfigMap', 'kind', undefined, 'is missing: every object needs it'),
  row('ConfigMap', 'apiVersion', 1, 'is missing: every object needs it'),

  // Fields that do not exist.
  row('Deployment', 'spec.replica', 2, 'is not a field of DeploymentSpec; did you mean replicas?'),
  row(
    'Deployment',
    `${container}.imagepullpolicy`,
    'Always',
    'is not a field of Container; did you mean imagePullPolicy?',
  ),
  row(
    'Deployment',
    `${container}.resources.limit`,
    { memory: '64Mi' },
    'is not a field of ResourceRequirements; did you mean limits?',
  ),
  row(
    'Deployment',
    `${container}.livenessProbe.httpGet.prot`,
    'http',
    'is not a field of HTTPGetAction; did you mean port?',
  ),
  row('Deployment', `${container}.env[0].valeuFrom`, {}, 'is not a field of EnvVar; did you mean valueFrom?'),
  row('Deployment', 'spec.containers', [], 'is not a field of DeploymentSpec; it belongs to spec.template.spec'),
  row('Deployment', `${pod}.replicas`, 2, 'is not a field of PodSpec; it belongs to spec'),
  row('Deployment', `${container}.securityContext.fsGroup`, 1000, `is not a field of SecurityContext`),
  row('Deployment', `${container}.nodeSelector`, {}, 'is not a field of Container; it belongs to spec.template.spec'),
  row('Deployment', 'labels', {}, 'is not a field of Deployment; it belongs to metadata'),
  row('Deployment', 'readyReplicas', 2, 'is not a field of Deployment'),
  row('Deployment', `${container}.scheme`, 'HTTP', 'is not a field of Container'),
  row('Service', 'spec.ports[0].targetport', 80, 'is not a field of ServicePort; did you mean targetPort?'),
  row('Ingress', 'spec.rules[0].http.paths[0].backend.serviceName', 'shop', 'is not a field of IngressBackend'),
  row(
    'NetworkPolicy',
    'spec.ingress[0].ports[0].protcol',
    'TCP',
    'is not a field of NetworkPolicyPort; did you mean protocol?',
  ),
  row(
    'HorizontalPodAutoscaler',
    'spec.targetCPUUtilizationPercentage',
    70,
    'is not a field of HorizontalPodAutoscalerSpec',
  ),
  row('ConfigMap', 'spec', {}, 'is not a field of ConfigMap'),
  row('StorageClass', 'spec', {}, 'is not a field of StorageClass'),
  row(
    'CustomResourceDefinition',
    'spec.versions[0].schema.openAPIV3Schema.propertys',
    {},
    'is not a field of JSONSchemaProps; did you mean properties?',
  ),
  row(
    'CustomResourceDefinition',
    'spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.doors.items.tpye',
    'x',
    'is not a field of JSONSchemaProps; did you mean type?',
    { taken: 'the server reads `items` by a function of its own, which passes over what it does not know' },
  ),
  row(
    'Application',
    'spec.syncPolicy.automated.selfheal',
    true,
    'is not a field of Application.spec.syncPolicy.automated; did you mean selfHeal?',
  ),
  row('Application', 'spec.syncOptions', [], 'is not a field of Application.spec; it belongs to spec.syncPolicy'),
  row('AppProject', 'spec.sourceRepo', [], 'is not a field of AppProject.spec; did you mean sourceRepos?'),
  row(
    'SecretProviderClass',
    'spec.provder',
    'aws',
    'is not a field of SecretProviderClass.spec; did you mean provider?',
  ),
  row(
    'NodePool',
    'spec.template.spec.taint',
    [],
    'is not a field of NodePool.spec.template.spec; did you mean taints?',
  ),
  row(
    'PodMonitor',
    'spec.podMetricsEndpoints[0].relabeling',
    [],
    'is not a field of PodMonitor.spec.podMetricsEndpoints; did you mean relabelings?',
  ),
  row(
    'Probe',
    'spec.targets.static',
    {},
    'is not a field of Probe.spec.targets; it belongs to spec.targets.staticConfig',
  ),
  row('ServiceMonitor', 'spec.endpoint', [], 'is not a field of ServiceMonitor.spec; did you mean endpoints?'),

  // Fields that must be there.
  row(
    'PrometheusRule',
    'spec.groups[0].rules[1].expr',
    undefined,
    'is missing: PrometheusRule.spec.groups.rules needs it',
  ),
  row('PodMonitor', 'spec.selector', undefined, 'is missing: PodMonitor.spec needs it'),
  row('Deployment', 'spec.selector', undefined, 'is missing: DeploymentSpec needs it'),
  row('Deployment', 'spec.template', undefined, 'is missing: DeploymentSpec needs it'),
  row('Deployment', `${pod}.containers`, undefined, 'is missing: PodSpec needs it'),
  row('Deployment', `${container}.name`, undefined, 'is missing: Container needs it'),
  row('Deployment', `${container}.ports[0].containerPort`, undefined, 'is missing: ContainerPort needs it'),
  row('CronJob', 'spec.schedule', undefined, 'is missing: CronJobSpec needs it'),
  row('Ingress', 'spec.rules[0].http.paths[0].pathType', undefined, 'is missing: HTTPIngressPath needs it'),
  row('RoleBinding', 'roleRef', undefined, 'is missing: RoleBinding needs it'),
  row('HorizontalPodAutoscaler', 'spec.maxReplicas', undefined, 'is missing: HorizontalPodAutoscalerSpec needs it'),
  row('Application', 'spec.project', undefined, 'is missing: Application.spec needs it'),
  row('Application', 'spec.source.repoURL', undefined, 'is missing: Application.spec.source needs it'),
  row('ConfigMap', 'metadata', undefined, 'is missing: every object needs it', { field: 'metadata.name' }),
  row('ConfigMap', 'metadata.name', undefined, 'is missing: every object needs it'),

  // Types.
  row('Deployment', 'spec.replicas', '2', 'is "2": expected a whole number, without quotes'),
  row('Deployment', 'spec.replicas', 1.5, 'is 1.5: expected a whole number'),
  row(
    'Deployment',
    'spec.replicas',
    3_000_000_000,
    'is 3000000000: expected a whole number from -2147483648 to 2147483647',
  ),
  row(
    'Deployment',
    `${pod}.securityContext.runAsUser`,
    1e20,
    'is 100000000000000000000: expected a whole number of 64 bits',
  ),
  row('Deployment', `${container}.env[0].value`, 8000, 'is 8000: expected a string; put it in quotes'),
  row('Deployment', `${container}.env[0].value`, true, 'is true: expected a string; put it in quotes'),
  row('Deployment', `${container}.command`, 'node', 'is "node": expected a list'),
  row('Deployment', `${container}.args[0]`, { a: 1 }, 'is an object: expected a string'),
  row('Deployment', `${pod}.containers`, { shop: {} }, 'is an object: expected a list'),
  row('Deployment', `${container}.resources`, ['cpu'], 'is a list: expected an object'),
  row('Deployment', 'metadata.labels', ['a'], 'is a list: expected a map'),
  row('Deployment', 'metadata.labels.replicas', 2, 'is 2: expected a string; put it in quotes'),
  row(
    'Deployment',
    `${pod}.automountServiceAccountToken`,
    'false',
    'is "false": expected true or false, without quotes',
  ),
  row('Deployment', `${container}.livenessProbe.httpGet.port`, true, 'is true: expected a whole number or a string'),
  row('Deployment', 'spec.strategy.rollingUpdate.maxSurge', 0.5, 'is 0.5: expected a whole number or a string'),
  row(
    'Service',
    'spec.ports[0].targetPort',
    3_000_000_000,
    'is 3000000000: expected a whole number from -2147483648 to 2147483647',
  ),
  row('ConfigMap', 'data.port', 80, 'is 80: expected a string; put it in quotes'),
  row('Secret', 'stringData.password', 12345, 'is a number: expected a string; put it in quotes'),
  row('Application', 'spec.syncPolicy.retry.limit', '5', 'is "5": expected a whole number, without quotes'),
  row(
    'Application',
    'spec.syncPolicy.syncOptions',
    'ServerSideApply=true',
    'is "ServerSideApply=true": expected a list',
  ),

  // Quantities, bytes, times, enums, patterns, ranges.
  row(
    'Deployment',
    `${container}.resources.requests.cpu`,
    '1 core',
    'is "1 core": expected a quantity, such as 500m, 2 or 128Mi',
  ),
  row(
    'Deployment',
    `${container}.resources.requests.memory`,
    '64MB',
    'is "64MB": expected a quantity, such as 500m, 2 or 128Mi',
  ),
  row('Deployment', `${container}.resources.limits.memory`, [], 'is []: expected a quantity, such as 500m, 2 or 128Mi'),
  row(
    'StatefulSet',
    'spec.volumeClaimTemplates[0].spec.resources.requests.storage',
    '8 Gi',
    'is "8 Gi": expected a quantity, such as 500m, 2 or 128Mi',
  ),
  row('Secret', 'data.token', 's3cret!', 'is a string: expected base64'),
  row('ConfigMap', 'binaryData["logo.png"]', 'iVBORw0', 'is "iVBORw0": expected base64'),
  row('Lease', 'spec.renewTime', 'yesterday', 'is "yesterday": expected a time, such as 2026-01-31T08:00:00Z'),
  row(
    'Deployment',
    `${container}.imagePullPolicy`,
    'always',
    'is "always": expected Always, IfNotPresent or Never; did you mean Always?',
  ),
  row('Deployment', `${container}.ports[0].protocol`, 'tcp', 'is "tcp": expected SCTP, TCP or UDP; did you mean TCP?'),
  row('Deployment', 'spec.strategy.type', 'Rolling', 'is "Rolling": expected Recreate or RollingUpdate'),
  row(
    'Service',
    'spec.type',
    'Loadbalancer',
    'is "Loadbalancer": expected ClusterIP, ExternalName, LoadBalancer or NodePort; did you mean LoadBalancer?',
  ),
  row('CronJob', 'spec.concurrencyPolicy', 'Forbidden', 'is "Forbidden": expected Allow, Forbid or Replace'),
  row(
    'NodePool',
    'spec.template.spec.requirements[0].operator',
    'in',
    'is "in": expected In, NotIn, Exists, DoesNotExist, Gt, Lt, Gte or Lte; did you mean In?',
  ),
  row('NodePool', 'spec.weight', 101, 'is 101: expected a whole number from 1 to 100'),
  row(
    'NodePool',
    'spec.disruption.consolidateAfter',
    '30 s',
    'is "30 s": expected what matches ^(([0-9]+(s|m|h))+|Never)$',
  ),
  row(
    'PrometheusRule',
    'spec.groups[0].rules[1].for',
    '5 minutes',
    'is "5 minutes": expected what matches ^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$',
  ),
  row(
    'PodMonitor',
    'spec.podMetricsEndpoints[0].relabelings[0].action',
    'kep',
    'is "kep": expected replace, Replace, keep, Keep, drop, Drop, hashmod, HashMod, labelmap, LabelMap, labeldrop, LabelDrop, labelkeep, LabelKeep, lowercase, Lowercase, uppercase, Uppercase, keepequal, KeepEqual, dropequal or DropEqual; did you mean keep?',
  ),
  row('AppProject', 'spec.description', 'x'.repeat(256), `is "${'x'.repeat(78)}…: expected at most 255 characters`),

  // Null.
  row('Deployment', 'spec.replicas', null, 'is null: expected a whole number', { taken: dropped }),
  row(
    'Deployment',
    `${pod}.volumes[0].emptyDir`,
    null,
    'is null: expected an object; leave the field out, or write {}',
    { taken: dropped },
  ),
  row('Deployment', `${container}.args`, null, 'is null: expected a list; leave the field out, or write []', {
    taken: dropped,
  }),
  row('Deployment', `${container}.securityContext.capabilities.drop[0]`, null, 'is null: expected a string', {
    taken: dropped,
  }),
  row('Deployment', 'metadata.labels', null, 'is null: expected a map; leave the field out, or write {}', {
    taken: dropped,
  }),

  // What may stand in a list only once.
  row(
    'Deployment',
    `${pod}.containers[1]`,
    { name: 'shop', image: 'a' },
    'is the second with name "shop": [0] has it, too',
  ),
  row(
    'Deployment',
    `${container}.env[3]`,
    { name: 'PORT', value: '1' },
    'is the second with name "PORT": [0] has it, too',
  ),
  row(
    'Deployment',
    `${container}.ports[2]`,
    { containerPort: 8000, protocol: 'TCP' },
    'is the second with containerPort 8000, protocol "TCP": [0] has it, too',
  ),
  row(
    'Deployment',
    `${container}.volumeMounts[2]`,
    { name: 'files', mountPath: '/tmp' },
    'is the second with mountPath "/tmp": [0] has it, too',
  ),
  row(
    'Service',
    'spec.ports[3]',
    { name: 'web', port: 80 },
    'is the second with port 80, protocol "TCP": [0] has it, too',
  ),
  row(
    'Application',
    'metadata.finalizers[1]',
    'resources-finalizer.argocd.argoproj.io/foreground',
    'is the second with "resources-finalizer.argocd.argoproj.io/foreground": [0] has it, too',
  ),

  // Names.
  row(
    'Deployment',
    'metadata.name',
    'Shop',
    'is "Shop": expected a DNS subdomain: lower-case letters, digits, - and ., with a letter or digit at both ends of each word',
  ),
  row('Deployment', 'metadata.name', 'x'.repeat(254), 'has 254 characters: expected at most 253'),
  row(
    'Service',
    'metadata.name',
    'shop.web',
    'is "shop.web": expected a DNS label: lower-case letters, digits and -, with a letter or digit at both ends',
  ),
  row('StatefulSet', 'metadata.name', 'x'.repeat(64), 'has 64 characters: expected at most 63'),
  row('CronJob', 'metadata.name', 'x'.repeat(53), 'has 53 characters: expected at most 52'),
  row('Role', 'metadata.name', 'shop/reader', 'is "shop/reader": expected a name without / and %'),
  row(
    'Namespace',
    'metadata.name',
    'env.dev',
    'is "env.dev": expected a DNS label: lower-case letters, digits and -, with a letter or digit at both ends',
  ),
  row(
    'ConfigMap',
    'metadata.namespace',
    'Default',
    'is "Default": expected a DNS label: lower-case letters, digits and -, with a letter or digit at both ends',
  ),
  row(
    'StorageClass',
    'metadata.namespace',
    'default',
    'is "default": the kind StorageClass belongs to the cluster and has none',
    { taken: 'kubectl takes the namespace of an object of the cluster away' },
  ),

  // Labels and annotations.
  row(
    'Deployment',
    'metadata.labels["app.kubernetes.io/name/x"]',
    'a',
    'is no legal key: at most one / may stand in it',
  ),
  row(
    'Deployment',
    'metadata.labels["Example.org/name"]',
    'a',
    'is no legal key: expected a domain of at most 253 characters before the /, in lower case',
  ),
  row(
    'Deployment',
    'metadata.labels["my label"]',
    'a',
    'is no legal key: expected letters, digits, -, _ and ., with a letter or digit at both ends',
  ),
  row(
    'Deployment',
    'metadata.labels.version',
    'v1+build',
    'is "v1+build": expected letters, digits, -, _ and ., with a letter or digit at both ends',
  ),
  row('Deployment', 'metadata.labels.version', 'x'.repeat(64), 'has 64 characters: expected at most 63'),
  row(
    'Deployment',
    'spec.template.metadata.labels.team',
    'a/b',
    'is "a/b": expected letters, digits, -, _ and ., with a letter or digit at both ends',
  ),
  row(
    'Deployment',
    `metadata.labels.${'k'.repeat(64)}`,
    'a',
    'is no legal key: its name has 64 characters, expected at most 63',
  ),
  row(
    'PodDisruptionBudget',
    'spec.selector.matchLabels.app',
    '-shop',
    'is "-shop": expected letters, digits, -, _ and ., with a letter or digit at both ends',
  ),
  row(
    'Service',
    'spec.selector.app',
    'a b',
    'is "a b": expected letters, digits, -, _ and ., with a letter or digit at both ends',
  ),
  row(
    'Deployment',
    `${pod}.nodeSelector.zone`,
    'a/b',
    'is "a/b": expected letters, digits, -, _ and ., with a letter or digit at both ends',
  ),
  row('Deployment', 'metadata.annotations["a/b/c"]', 'x', 'is no legal key: at most one / may stand in it'),
  row(
    'Deployment',
    'metadata.annotations.note',
    'x'.repeat(262_144),
    'have 262182 bytes together: expected at most 262144',
    { field: 'metadata.annotations' },
  ),
];

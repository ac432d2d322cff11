import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { apps } from '../apps/index.ts';
import { clusters, environments, repository } from '../clusters/environments.ts';
import { fromExample, type Restore, withExample } from './example.fixture.ts';
import { type Definitions, hydrate } from './hydrate.ts';
import type { Manifest } from './model/manifest.ts';
import type { Line, RenderInput } from './model/part.ts';
import { strictly } from './schemas/strictly.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const build = { tree: 'a'.repeat(40), version: '1.0.7', commit: 'b'.repeat(40) };
const input: RenderInput = {
  program: 'c'.repeat(40),
  builds: { service: build },
  images: { counter: `registry.gitlab.com/example/slipway/counter@${digest}` },
  known: {},
  taken: [],
};

const base = { cluster: 'c', replicas: 2, resources: { cpu: '50m', memory: '64Mi' }, soak: '1m' };
/** What a render said, by kind of line. Every object of it is one that a cluster takes. */
function collect(lines: Iterable<Line>) {
  const all = [...lines];
  const summary = all.flatMap((line) => ('summary' in line ? [line.summary] : []))[0];
  assert.ok(summary);
  const parts = all.flatMap((line) => ('part' in line ? [line.part] : []));
  const failed = all.flatMap((line) => ('failed' in line ? [line.failed] : []));
  for (const { app, files } of parts)
    for (const [file, text] of Object.entries(files)) assert.deepEqual(strictly(load(text)), [], `${app}/${file}`);
  return { parts, failed, summary };
}

interface Fixture {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** Renders one app for an environment and a cluster, which are as the fields say. */
const fixture = (app: Fixture, { environment = {}, cluster = {}, files = {} as Record<string, string> } = {}) =>
  collect(
    hydrate(
      {
        apps: new Map([[app.name, () => app]]),
        repository: 'https://git.example.org/r.git',
        clusters: [
          {
            name: 'c',
            profile: 'eks',
            registries: ['r'],
            storage: 'gp3',
            namespaces: { agents: 'privileged' },
            // What is watched of an app has tests of its own: `charts/monitoring.test.ts`.
            monitoring: 'none',
            ...cluster,
          },
        ],
        environments: [
          { ...base, name: 'dev', domain: 'dev.example.org', ...environment },
          { ...base, name: 'platform-c', domain: 'c.example.org', scope: 'cluster' },
        ],
        read: (_, file) => files[file] ?? '',
      },
      { builds: { service: build }, images: {}, known: {}, taken: [] },
      'v24.0.0',
    ),
  );

/** The files of the one part, without its Application. */
function filesOf(app: Fixture, place?: Parameters<typeof fixture>[1]): Record<string, string> {
  const { parts, failed } = fixture(app, place);
  assert.deepEqual(failed, []);
  const { 'application.yaml': _, ...files } = parts[0]?.files ?? {};
  return files;
}
const objectOf = (files: Record<string, string>, file: string) => load(files[file] ?? '') as Manifest & Shown;

/** What the tests look at. */
interface Shown {
  readonly spec: {
    readonly replicas?: number;
    readonly template: { readonly metadata: object; readonly spec: Record<string, unknown> };
    readonly volumeClaimTemplates?: object[];
    readonly jobTemplate?: { readonly spec: { readonly template: { readonly spec: Record<string, unknown> } } };
  };
}

const web = { kind: 'web', name: 'shop', owner: 'team-shop', image: `r/shop:4.2@${digest}`, port: 8000 };

test('a web app is what runs it and what protects it, and nothing that nobody asked for', () => {
  const files = filesOf({ ...web, env: { MODE: 'yes' } });
  assert.deepEqual(files, {
    'deployment-shop.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  namespace: dev
  labels:
    app.kubernetes.io/name: shop
    app.kubernetes.io/version: '4.2'
spec:
  replicas: 2
  selector:
    matchLabels:
      app.kubernetes.io/name: shop
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  template:
    metadata:
      labels:
        app.kubernetes.io/name: shop
        app.kubernetes.io/version: '4.2'
    spec:
      serviceAccountName: shop
      containers:
        - name: shop
          image: r/shop:4.2@${digest}
          env:
            - name: PORT
              value: '8000'
            - name: MODE
              value: 'yes'
          ports:
            - name: http
              containerPort: 8000
          livenessProbe:
            httpGet:
              path: /healthz
              port: http
            periodSeconds: 10
            timeoutSeconds: 2
          readinessProbe:
            httpGet:
              path: /readyz
              port: http
            periodSeconds: 5
            timeoutSeconds: 2
          resources:
            requests:
              cpu: 50m
              memory: 64Mi
            limits:
              memory: 64Mi
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop:
                - ALL
            readOnlyRootFilesystem: true
      automountServiceAccountToken: false
      securityContext:
        runAsGroup: 65532
        runAsNonRoot: true
        runAsUser: 65532
        seccompProfile:
          type: RuntimeDefault
      terminationGracePeriodSeconds: 30
      topologySpreadConstraints:
        - labelSelector:
            matchLabels:
              app.kubernetes.io/name: shop
          maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: ScheduleAnyway
        - labelSelector:
            matchLabels:
              app.kubernetes.io/name: shop
          maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
`,
    'poddisruptionbudget-shop.yaml': `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: shop
  namespace: dev
  labels:
    app.kubernetes.io/name: shop
    app.kubernetes.io/version: '4.2'
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: shop
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
`,
    'service-shop.yaml': `apiVersion: v1
kind: Service
metadata:
  name: shop
  namespace: dev
  labels:
    app.kubernetes.io/name: shop
    app.kubernetes.io/version: '4.2'
spec:
  selector:
    app.kubernetes.io/name: shop
  ports:
    - name: http
      port: 80
      targetPort: http
`,
    'ingress-shop.yaml': `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  namespace: dev
  labels:
    app.kubernetes.io/name: shop
    app.kubernetes.io/version: '4.2'
  annotations:
    alb.ingress.kubernetes.io/backend-protocol: HTTP
    alb.ingress.kubernetes.io/healthcheck-path: /readyz
    alb.ingress.kubernetes.io/listen-ports: '[{"HTTP": 80}, {"HTTPS": 443}]'
    alb.ingress.kubernetes.io/ssl-redirect: '443'
    alb.ingress.kubernetes.io/success-codes: '200'
    alb.ingress.kubernetes.io/target-type: ip
spec:
  ingressClassName: dev
  rules:
    - host: shop.dev.example.org
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: shop
                port:
                  name: http
  tls:
    - hosts:
        - shop.dev.example.org
`,
    'serviceaccount-shop.yaml': `apiVersion: v1
kind: ServiceAccount
metadata:
  name: shop
  namespace: dev
  labels:
    app.kubernetes.io/name: shop
    app.kubernetes.io/version: '4.2'
automountServiceAccountToken: false
`,
    'networkpolicy-shop.yaml': `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: shop
  namespace: dev
  labels:
    app.kubernetes.io/name: shop
    app.kubernetes.io/version: '4.2'
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: shop
  policyTypes:
    - Ingress
    - Egress
  ingress:
    - from:
        - namespaceSelector: {}
      ports:
        - port: http
          protocol: TCP
`,
  });
});

test('its Application syncs the rest of its folder, and tells who answers for it', () => {
  const { parts } = fixture(web);
  assert.equal(
    parts[0]?.files['application.yaml'],
    `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: shop
  namespace: argocd-dev
  annotations:
    argocd.argoproj.io/manifest-generate-paths: .
    argocd.argoproj.io/sync-wave: '10'
  finalizers:
    - resources-finalizer.argocd.argoproj.io/foreground
spec:
  destination:
    namespace: dev
    server: https://kubernetes.default.svc
  info:
    - name: Owner
      value: team-shop
  project: dev
  source:
    path: shop
    directory:
      exclude: application.yaml
    repoURL: https://git.example.org/r.git
    targetRevision: refs/heads/env/dev
  syncPolicy:
    automated:
      allowEmpty: false
      prune: true
      selfHeal: true
    retry:
      backoff:
        duration: 5s
        factor: 2
        maxDuration: 3m
      limit: 5
      refresh: true
    syncOptions:
      - ServerSideApply=true
      - PruneLast=true
      - PrunePropagationPolicy=foreground
      - RespectIgnoreDifferences=true
      - ApplyOutOfSyncOnly=true
      - FailOnSharedResource=true
`,
  );
});

const worker = { kind: 'worker', name: 'shop', owner: 'team-shop', image: `r/shop:4.2@${digest}` };
const kindsOf = (files: Record<string, string>) => Object.keys(files).map((file) => file.replace(/-shop.*$/, ''));

test('a worker that nobody calls has no Service, and one that is called has', () => {
  const alone = kindsOf(filesOf(worker));
  assert.deepEqual(alone, ['deployment', 'poddisruptionbudget', 'serviceaccount', 'networkpolicy']);
  const called = filesOf({ ...worker, port: 9000 });
  assert.deepEqual(kindsOf(called), ['deployment', 'poddisruptionbudget', 'service', ...alone.slice(2)]);
  const [container] = objectOf(called, 'deployment-shop.yaml').spec.template.spec.containers as Record<
    string,
    unknown
  >[];
  assert.deepEqual(container?.readinessProbe, { tcpSocket: { port: 'main' }, periodSeconds: 5, timeoutSeconds: 2 });
});

test('one pod alone needs no disruption budget and no other node', () => {
  const files = filesOf(worker, { environment: { replicas: 1 } });
  assert.deepEqual(kindsOf(files), ['deployment', 'serviceaccount', 'networkpolicy']);
  assert.equal(objectOf(files, 'deployment-shop.yaml').spec.template.spec.topologySpreadConstraints, undefined);
});

test('where the load decides about the number of pods, the Deployment does not', () => {
  const files = filesOf({ ...web, scale: { max: 8, memory: 80 } });
  assert.equal(objectOf(files, 'deployment-shop.yaml').spec.replicas, undefined);
  assert.deepEqual(objectOf(files, 'horizontalpodautoscaler-shop.yaml').spec, {
    minReplicas: 2,
    maxReplicas: 8,
    metrics: [
      { type: 'Resource', resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 80 } } },
    ],
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' },
  });
});

test('what a pod reads makes it roll: its files and the versions of its secrets', () => {
  const with_ = (text: string, version: string) =>
    filesOf({
      ...worker,
      identity: 'shop',
      files: { '/etc/shop/config.yaml': text },
      secrets: { token: { name: 'dev/shop/token', version: version.repeat(32) } },
    });
  const files = with_('a: 1\n', 'a');
  const annotations = (these: Record<string, string>) => {
    const { metadata } = objectOf(these, 'deployment-shop.yaml').spec.template as unknown as Manifest;
    return metadata.annotations as Record<string, string>;
  };
  const first = annotations(files);
  assert.deepEqual(Object.keys(first), ['slipway.dev/files', 'slipway.dev/secrets']);
  assert.notEqual(annotations(with_('a: 2\n', 'a'))['slipway.dev/files'], first['slipway.dev/files']);
  assert.notEqual(annotations(with_('a: 1\n', 'b'))['slipway.dev/secrets'], first['slipway.dev/secrets']);
  assert.equal(files['configmap-shop.yaml']?.split('\ndata:\n')[1], '  etc.shop.config.yaml: |\n    a: 1\n');
  assert.equal(
    files['secretproviderclass-shop.yaml']?.split('spec:\n')[1],
    `  parameters:
    objects: |
      - objectName: dev/shop/token
        objectType: secretsmanager
        objectVersion: ${'a'.repeat(32)}
        objectAlias: token
    usePodIdentity: 'true'
  provider: aws
`,
  );
  const pod = objectOf(files, 'deployment-shop.yaml').spec.template.spec as {
    containers: { volumeMounts: object[] }[];
    volumes: object[];
  };
  assert.deepEqual(pod.containers[0]?.volumeMounts, [
    { name: 'files', mountPath: '/etc/shop/config.yaml', subPath: 'etc.shop.config.yaml', readOnly: true },
    { name: 'secrets', mountPath: '/secrets', readOnly: true },
  ]);
  assert.deepEqual(pod.volumes, [
    { name: 'files', configMap: { name: 'shop' } },
    {
      name: 'secrets',
      csi: {
        driver: 'secrets-store.csi.k8s.io',
        readOnly: true,
        volumeAttributes: { secretProviderClass: 'shop' },
      },
    },
  ]);
});

test('what runs before an app ends, and what runs beside it does not', () => {
  const others = {
    before: [{ name: 'unpack', args: ['x'] }],
    beside: [{ name: 'proxy', image: `r/proxy:1@${digest}` }],
  };
  const { spec } = objectOf(filesOf({ ...worker, ...others, scratch: { '/tmp': '8Mi' } }), 'deployment-shop.yaml').spec
    .template;
  const init = spec.initContainers as Record<string, unknown>[];
  assert.deepEqual(
    init.map(({ name, image, restartPolicy }) => [name, image, restartPolicy]),
    [
      ['unpack', `r/shop:4.2@${digest}`, undefined],
      ['proxy', `r/proxy:1@${digest}`, 'Always'],
    ],
  );
  for (const one of [...init, ...(spec.containers as Record<string, unknown>[])])
    assert.deepEqual(one.volumeMounts, [{ name: 'scratch-tmp', mountPath: '/tmp' }]);
  const job = {
    kind: 'job',
    name: 'shop',
    owner: 'team-shop',
    image: web.image,
    schedule: '0 1 * * *',
    deadline: '5m',
    ...others,
  };
  const pod = objectOf(filesOf(job), 'cronjob-shop.yaml').spec.jobTemplate?.spec.template.spec;
  assert.partialDeepStrictEqual(pod, { initContainers: [{}, { name: 'proxy', restartPolicy: 'Always' }] });
});

test('a call lets the caller out and into the one that it calls, and both rules are its own', () => {
  const files = filesOf(
    { ...worker, port: 1, calls: ['db'], outside: [443], identity: 'shop', metrics: {} },
    {
      cluster: { network: '10.1.0.0/16' },
    },
  );
  const spec = (file: string) => files[file]?.split('spec:\n')[1];
  assert.equal(
    spec('networkpolicy-shop-calls-db.yaml'),
    `  podSelector:
    matchLabels:
      app.kubernetes.io/name: db
  policyTypes:
    - Ingress
  ingress:
    - from:
        - podSelector:
            matchLabels:
              app.kubernetes.io/name: shop
`,
  );
  assert.equal(
    spec('networkpolicy-shop.yaml'),
    `  podSelector:
    matchLabels:
      app.kubernetes.io/name: shop
  policyTypes:
    - Ingress
    - Egress
  ingress:
    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: monitoring
      ports:
        - port: main
          protocol: TCP
  egress:
    - ports:
        - port: 53
          protocol: UDP
        - port: 53
          protocol: TCP
    - to:
        - podSelector:
            matchLabels:
              app.kubernetes.io/name: db
    - to:
        - ipBlock:
            cidr: 0.0.0.0/0
            except:
              - 10.0.0.0/8
              - 100.64.0.0/10
              - 169.254.0.0/16
              - 172.16.0.0/12
              - 192.168.0.0/16
      ports:
        - port: 443
          protocol: TCP
    - to:
        - ipBlock:
            cidr: 169.254.170.23/32
      ports:
        - port: 80
          protocol: TCP
`,
  );
});

test('load balancers reach what is routed from their own addresses, and a web app without hosts not at all', () => {
  const routed = filesOf(web, { cluster: { network: '10.1.0.0/16' } });
  assert.match(
    routed['networkpolicy-shop.yaml'] ?? '',
    /ingress:\n {4}- from:\n {8}- ipBlock:\n {12}cidr: 10\.1\.0\.0\/16\n {6}ports:/,
  );
  const inside = filesOf({ ...web, hosts: [] });
  assert.equal(inside['ingress-shop.yaml'], undefined);
  assert.doesNotMatch(inside['networkpolicy-shop.yaml'] ?? '', /ingress:/);
});

test('a migration has an account, files and ways of its own, since it runs before the app is there', () => {
  const files = filesOf({
    ...web,
    calls: ['db'],
    files: { '/etc/a': 'b' },
    migration: { command: ['migrate'], deadline: '10m', reversible: false },
  });
  const hooks = Object.entries(files).filter(([file]) => file.includes('-migrate'));
  assert.deepEqual(
    hooks.map(([file]) => file),
    [
      'serviceaccount-shop-migrate.yaml',
      'configmap-shop-migrate.yaml',
      'networkpolicy-shop-migrate.yaml',
      'networkpolicy-shop-migrate-calls-db.yaml',
      'job-shop-migrate-4-2.yaml',
    ],
  );
  for (const [file, text] of hooks) {
    assert.match(text, /argocd\.argoproj\.io\/hook: PreSync\n/, file);
    assert.match(text, new RegExp(`sync-wave: '${file.startsWith('job') ? 0 : -1}'`), file);
  }
  const job = objectOf(files, 'job-shop-migrate-4-2.yaml');
  assert.partialDeepStrictEqual(job, {
    metadata: { annotations: { 'slipway.dev/reversible': 'false' } },
    spec: {
      activeDeadlineSeconds: 600,
      template: { spec: { restartPolicy: 'Never', serviceAccountName: 'shop-migrate' } },
    },
  });
  // The app's Service must not send it anybody.
  assert.partialDeepStrictEqual(job.spec.template.metadata, { labels: { 'app.kubernetes.io/name': 'shop-migrate' } });
});

const rights = [
  { resources: ['pods', 'pods/log'], verbs: ['get', 'list'] },
  { group: 'batch', resources: ['jobs'], verbs: ['create'] },
];

test('what an app may do by the Kubernetes API is a role of its own, and its pods alone have a token', () => {
  const files = filesOf({ ...worker, rights }, { cluster: { network: '10.1.0.0/16' } });
  assert.deepEqual(kindsOf(files), [
    ...['deployment', 'poddisruptionbudget', 'serviceaccount', 'role', 'rolebinding', 'networkpolicy'],
  ]);
  assert.equal(
    files['role-shop.yaml']?.split('\nrules:\n')[1],
    `  - apiGroups:
      - ''
    resources:
      - pods
      - pods/log
    verbs:
      - get
      - list
  - apiGroups:
      - batch
    resources:
      - jobs
    verbs:
      - create
`,
  );
  assert.partialDeepStrictEqual(load(files['rolebinding-shop.yaml'] ?? ''), {
    metadata: { name: 'shop', namespace: 'dev' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'shop' },
    subjects: [{ kind: 'ServiceAccount', name: 'shop', namespace: 'dev' }],
  });
  assert.equal(objectOf(files, 'deployment-shop.yaml').spec.template.spec.automountServiceAccountToken, true);
  assert.match(files['serviceaccount-shop.yaml'] ?? '', /\nautomountServiceAccountToken: false\n/);
});

test('who has rights reaches the API server, where the network of its cluster has it', () => {
  const egress = (cluster: object) => {
    const { spec } = objectOf(filesOf({ ...worker, rights }, { cluster }), 'networkpolicy-shop.yaml') as unknown as {
      spec: { egress?: { to: { ipBlock: { cidr: string } }[]; ports: { port: number }[] }[] };
    };
    return spec.egress?.map(({ to, ports }) => [
      to.map(({ ipBlock }) => ipBlock.cidr).join(' '),
      ports.map(({ port }) => port).join(' '),
    ]);
  };
  assert.deepEqual(egress({ network: '10.1.0.0/16' }), [['10.100.0.1/32 172.20.0.1/32 10.1.0.0/16', '443']]);
  assert.deepEqual(egress({}), [['10.100.0.1/32 172.20.0.1/32', '443']]);
  assert.deepEqual(egress({ profile: 'local' }), [
    ['10.0.0.0/8 100.64.0.0/10 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16', '443 6443'],
  ]);
});

test('what runs before a version has none of the rights of its app', () => {
  const files = filesOf({ ...web, rights, migration: { command: ['migrate'], deadline: '10m', reversible: true } });
  assert.deepEqual(
    Object.keys(files).filter((file) => file.startsWith('role')),
    ['role-shop.yaml', 'rolebinding-shop.yaml'],
  );
  const job = objectOf(files, 'job-shop-migrate-4-2.yaml');
  assert.equal(job.spec.template.spec.automountServiceAccountToken, false);
  assert.doesNotMatch(files['networkpolicy-shop-migrate.yaml'] ?? '', /egress:\n/);
});

test('EKS holds pods to what NetworkPolicies say, since the platform tells it to', () => {
  const namespaces = {
    kind: 'platform',
    name: 'base',
    owner: 'team-platform',
    scope: 'cluster',
    provides: 'namespaces',
  };
  const told = (profile: string) =>
    fixture(namespaces, { cluster: { profile } }).parts[0]?.files['configmap-amazon-vpc-cni.yaml'];
  assert.equal(
    told('eks'),
    `apiVersion: v1
kind: ConfigMap
metadata:
  name: amazon-vpc-cni
  namespace: kube-system
data:
  enable-network-policy-controller: 'true'
`,
  );
  assert.equal(told('local'), undefined);
});

test('a function over the finished objects may change them, and is seen to', () => {
  const { parts } = fixture({
    ...worker,
    patch: (objects: readonly Manifest[], environment: string) =>
      objects.map((one) => ({ ...one, metadata: { ...one.metadata, annotations: { patched: environment } } })),
  });
  assert.match(parts[0]?.files['deployment-shop.yaml'] ?? '', /annotations:\n {4}patched: dev\n/);
  // Whoever reviews sees what the model did not say.
  const remarks = parts[0]?.remarks ?? [];
  const told = remarks.find(({ object }) => object === 'Deployment/shop');
  assert.equal(told?.policy, 'patch');
  assert.match(told?.says ?? '', /^by the app's own patch: metadata\.annotations: \(missing\) → \{"patched":"dev"\}$/);
  assert.match(
    parts[0]?.files['application.yaml'] ?? '',
    /- name: Patched\n {6}value: apps\/shop\/app\.ts changes the finished objects/,
  );
});

const refusedAs = (app: Fixture, place: Parameters<typeof fixture>[1] = {}) =>
  fixture(app, place).failed[0]?.message ?? '';

test('what is wrong in several environments is told of all of them, once', () => {
  const environments = (name: string, production: boolean) => ({
    ...base,
    name,
    domain: `${name}.example.org`,
    production,
  });
  const { failed } = collect(
    hydrate(
      {
        apps: new Map([
          ['shop', () => ({ ...web, image: `elsewhere/shop:1@${digest}`, in: { live: { replicas: 1 } } })],
        ]),
        repository: 'https://git.example.org/r.git',
        clusters: [{ name: 'c', profile: 'eks', registries: ['r'], storage: 'gp3', namespaces: {} }],
        environments: [environments('dev', false), environments('live', true)],
        read: () => '',
      },
      { builds: {}, images: {}, known: {}, taken: [] },
      'v24.0.0',
    ),
  );
  const lines = failed[0]?.message.split('\n') ?? [];
  assert.equal(lines.filter((line) => /^apps\/shop\/app\.ts: in dev, live: .*\(image-registry\)/.test(line)).length, 1);
  assert.equal(lines.filter((line) => /^apps\/shop\/app\.ts: in live: .*replicas/.test(line)).length, 1);
});

test('no excuse helps against what the namespace itself enforces', () => {
  const excuse = { policy: 'host-path', reason: 'it reads what pods log', owner: 'team-shop', until: '2027-01-31' };
  const agent = { ...worker, kind: 'agent', node: { '/logs': '/var/log' }, excuses: [excuse] };
  const collector = { ...agent, scope: 'cluster', namespace: 'agents' };
  const refused = /host-path\)\. No excuse helps: namespace (dev|agents) enforces the (restricted|baseline) profile/;
  assert.match(refusedAs(agent), refused);
  assert.match(refusedAs(collector, { cluster: { namespaces: { agents: 'baseline' } } }), refused);
  assert.equal(refusedAs(collector, { cluster: { namespaces: { agents: 'privileged' } } }), '');
});

test('what an app may break is told beside it', () => {
  const excuse = {
    policy: 'host-path',
    reason: 'it reads the logs of the node',
    owner: 'team-shop',
    until: '2027-01-31',
  };
  const { parts } = fixture({ ...worker, excuses: [excuse] });
  assert.match(
    parts[0]?.files['application.yaml'] ?? '',
    /- name: Excused\n {6}value: 'host-path until 2027-01-31: it reads the logs of the node \(team-shop\)'/,
  );
});

test('an agent runs on every node, and belongs to the cluster when it says so', () => {
  const agent = { kind: 'agent', name: 'shop', owner: 'team-shop', image: web.image, node: { '/logs': '/var/log' } };
  const excuses = [
    { policy: 'host-path', reason: 'it reads the logs of the node', owner: 'team-shop', until: '2027-01-31' },
  ];
  const { parts } = fixture({ ...agent, scope: 'cluster', namespace: 'agents', excuses });
  assert.deepEqual(
    parts.map(({ environment, app }) => `${environment}/${app}`),
    ['platform-c/shop'],
  );
  const set = load(parts[0]?.files['daemonset-shop.yaml'] ?? '') as Manifest & Shown;
  assert.equal(set.metadata.namespace, 'agents');
  assert.partialDeepStrictEqual(set.spec.template.spec, {
    tolerations: [{ operator: 'Exists' }],
    volumes: [{ name: 'node-var-log', hostPath: { path: '/var/log', type: 'Directory' } }],
    containers: [{ volumeMounts: [{ name: 'node-var-log', mountPath: '/logs', readOnly: true }] }],
  });
});

test('the platform of a cluster has a namespace for each of its environments and for whatever else it lists', () => {
  const { parts } = fixture({
    kind: 'platform',
    name: 'base',
    owner: 'team-platform',
    scope: 'cluster',
    provides: 'namespaces',
  });
  const files = Object.keys(parts[0]?.files ?? {});
  assert.deepEqual(files, [
    'application.yaml',
    ...['namespace-dev.yaml', 'limitrange-dev.yaml', 'networkpolicy-default-deny-dev.yaml'],
    ...['namespace-agents.yaml', 'networkpolicy-default-deny-agents.yaml', 'configmap-amazon-vpc-cni.yaml'],
  ]);
  assert.equal(
    parts[0]?.files['namespace-dev.yaml'],
    `apiVersion: v1
kind: Namespace
metadata:
  name: dev
  labels:
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/enforce-version: v1.36
    slipway.dev/environment: dev
  annotations:
    argocd.argoproj.io/sync-options: Prune=confirm,Delete=confirm
`,
  );
  assert.equal(
    parts[0]?.files['networkpolicy-default-deny-agents.yaml'],
    `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny-agents
  namespace: agents
spec:
  podSelector: {}
  policyTypes:
    - Ingress
    - Egress
`,
  );
  // It has no version of its own: people see when it changed.
  assert.match(parts[0]?.version ?? '', /^[0-9a-f]{8}$/);
});

const platform = { kind: 'platform', owner: 'team-platform', scope: 'cluster' };

test('an environment with a quota takes no more than that, and no single container a large part of it', () => {
  const { parts } = fixture(
    { ...platform, name: 'base', provides: 'namespaces' },
    { environment: { quota: { cpu: '8', memory: '10Gi', pods: 60, storage: '50Gi' } } },
  );
  const specOf = (file: string) => (load(parts[0]?.files[file] ?? '') as { spec: object }).spec;
  assert.deepEqual(specOf('resourcequota-dev.yaml'), {
    hard: {
      'requests.cpu': '8',
      'requests.memory': '10Gi',
      'limits.memory': '10Gi',
      'requests.storage': '50Gi',
      pods: '60',
      'services.loadbalancers': '0',
      'services.nodeports': '0',
    },
  });
  assert.deepEqual(specOf('limitrange-dev.yaml'), {
    limits: [
      {
        type: 'Container',
        defaultRequest: { cpu: '50m', memory: '64Mi' },
        default: { memory: '64Mi' },
        max: { memory: '2560Mi' },
      },
      { type: 'PersistentVolumeClaim', max: { storage: '25Gi' } },
    ],
  });
});

test('without a quota a container still has what it needs, and no maximum', () => {
  const { parts } = fixture({ ...platform, name: 'base', provides: 'namespaces' });
  assert.equal(
    parts[0]?.files['limitrange-dev.yaml']?.split('spec:\n')[1],
    `  limits:
    - type: Container
      default:
        memory: 64Mi
      defaultRequest:
        cpu: 50m
        memory: 64Mi
`,
  );
});

const classes = { ...platform, name: 'classes', provides: 'classes' };

test('on EKS each environment has a load balancer of its own, which lets in whom it names', () => {
  const { parts } = fixture(classes, { environment: { sources: ['203.0.113.0/24'] } });
  const { 'application.yaml': _, ...files } = parts[0]?.files ?? {};
  assert.deepEqual(Object.keys(files), [
    'storageclass-gp3.yaml',
    ...['ingressclassparams-dev.yaml', 'ingressclass-dev.yaml'],
    ...['ingressclassparams-platform-c.yaml', 'ingressclass-platform-c.yaml'],
    'nodepool-graviton.yaml',
  ]);
  assert.equal(
    files['ingressclassparams-dev.yaml'],
    `apiVersion: eks.amazonaws.com/v1
kind: IngressClassParams
metadata:
  name: dev
spec:
  group:
    name: dev
  inboundCIDRs:
    - 203.0.113.0/24
  loadBalancerAttributes:
    - key: routing.http.drop_invalid_header_fields.enabled
      value: 'true'
  namespaceSelector:
    matchExpressions:
      - key: slipway.dev/environment
        operator: In
        values:
          - dev
  scheme: internet-facing
  sslPolicy: ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09
`,
  );
  assert.equal(
    files['ingressclass-dev.yaml'],
    `apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata:
  name: dev
spec:
  controller: eks.amazonaws.com/alb
  parameters:
    kind: IngressClassParams
    name: dev
    apiGroup: eks.amazonaws.com
`,
  );
  // Everybody may come, but not to what is of an environment.
  assert.equal(
    files['ingressclassparams-platform-c.yaml']?.split('namespaceSelector:\n')[1]?.split('  scheme')[0],
    '    matchExpressions:\n      - key: slipway.dev/environment\n        operator: DoesNotExist\n',
  );
});

test('nodes of production are not taken back by AWS, and a volume there outlives its claim', () => {
  const filesIn = (production: boolean) => {
    const lines = hydrate(
      {
        apps: new Map([['classes', () => classes]]),
        repository: 'https://git.example.org/r.git',
        clusters: [{ name: 'c', profile: 'eks', registries: ['r'], storage: 'gp3', namespaces: {} }],
        environments: [{ ...base, name: 'platform-c', domain: 'c.example.org', scope: 'cluster', production }],
        read: () => '',
      },
      { builds: {}, images: {}, known: {}, taken: [] },
      'v24.0.0',
    );
    const files = collect(lines).parts[0]?.files ?? {};
    const pool = load(files['nodepool-graviton.yaml'] ?? '') as {
      spec: { template: { spec: { requirements: { key: string; values: string[] }[] } } };
    };
    const valuesOf = (wanted: string) => pool.spec.template.spec.requirements.find(({ key }) => key === wanted)?.values;
    const { reclaimPolicy } = load(files['storageclass-gp3.yaml'] ?? '') as { reclaimPolicy: string };
    return [valuesOf('kubernetes.io/arch'), valuesOf('karpenter.sh/capacity-type'), reclaimPolicy];
  };
  assert.deepEqual(filesIn(true), [['arm64'], ['on-demand'], 'Retain']);
  assert.deepEqual(filesIn(false), [['arm64'], ['on-demand', 'spot'], 'Delete']);
});

test('a class that the cluster names is there already, and one machine has none of those of AWS', () => {
  const named = fixture(classes, { cluster: { ingress: 'alb' } }).parts[0]?.files ?? {};
  assert.deepEqual(
    Object.keys(named).filter((file) => file.startsWith('ingress')),
    [],
  );
  const elsewhere = { cluster: { profile: 'local' } };
  assert.deepEqual(Object.keys(fixture(classes, elsewhere).parts[0]?.files ?? {}), ['application.yaml']);
  const ingress = (cluster: object) => {
    const { metadata, spec } = objectOf(filesOf(web, { cluster }), 'ingress-shop.yaml') as unknown as {
      metadata: { annotations?: object };
      spec: { ingressClassName?: string };
    };
    return [spec.ingressClassName, metadata.annotations !== undefined];
  };
  assert.deepEqual(ingress({}), ['dev', true]);
  assert.deepEqual(ingress({ ingress: 'alb' }), ['alb', true]);
  assert.deepEqual(ingress({ profile: 'local' }), [undefined, false]);
  assert.deepEqual(ingress({ profile: 'local', ingress: 'nginx' }), ['nginx', false]);
});

test('where an app does not run, its part holds its Application alone: nothing is read, patched or held against it', () => {
  const excuse = { policy: 'host-path', reason: 'it reads what pods log', owner: 'team-shop', until: '2027-01-31' };
  const refused = () => {
    throw new Error('it was asked');
  };
  const elsewhere = { profiles: ['local'], patch: refused, excuses: [excuse] };
  const migration = { deadline: '5m', reversible: false };
  for (const app of [
    // What would be refused where it runs.
    { ...web, image: `elsewhere/shop:1@${digest}`, migration, ...elsewhere },
    { ...web, kind: 'store', volume: { path: '/data', size: '1Gi' }, ...elsewhere },
    { kind: 'manifests', name: 'shop', owner: 'team-shop', version: '2.0', files: ['lost.yaml'], ...elsewhere },
    { kind: 'platform', name: 'shop', owner: 'team-shop', scope: 'cluster', provides: 'classes', ...elsewhere },
  ]) {
    const { failed, parts, summary } = fixture(app);
    assert.deepEqual(failed, []);
    const [part] = parts;
    assert.ok(part && parts.length === 1, app.kind);
    assert.deepEqual(Object.keys(part.files), ['application.yaml']);
    assert.deepEqual([part.images, part.remarks, part.irreversible], [{}, undefined, undefined]);
    assert.deepEqual(summary.outlines.shop?.excuses, [{ ...excuse, in: [] }]);
    // Nobody is at an address of its own there.
    assert.equal(summary.outlines.shop?.routes, undefined);
    assert.match(part.files['application.yaml'] ?? '', /- name: Runs on\n\s+value: local alone\n/);
  }
});

test('an app runs on the profiles that it names, and on every one where it names none', () => {
  const kinds = (app: object, profile: string) => Object.keys(filesOf({ ...web, ...app }, { cluster: { profile } }));
  for (const profile of ['eks', 'local']) {
    const all = kinds({}, profile);
    assert.ok(all.includes('deployment-shop.yaml'));
    assert.deepEqual(kinds({ profiles: [profile] }, profile), all);
    assert.deepEqual(kinds({ profiles: ['local', 'eks'] }, profile), all);
  }
  assert.deepEqual(kinds({ profiles: ['eks'] }, 'local'), []);
  assert.deepEqual(kinds({ profiles: ['local'] }, 'eks'), []);
});

const vendor = { kind: 'manifests', name: 'shop', owner: 'team-shop', version: '2.0', files: ['a.yaml'] };
const rendered_ = (text: string, app: object = {}) => fixture({ ...vendor, ...app }, { files: { 'a.yaml': text } });

test('manifests stay as they were committed, each in a file of its own, in the namespace that they are rendered for', () => {
  const { parts } = rendered_(
    '---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: one}\n---\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: two, namespace: dev}\n',
  );
  const { 'application.yaml': _, ...files } = parts[0]?.files ?? {};
  assert.deepEqual(files, {
    'configmap-one.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\n  namespace: dev\n',
    'serviceaccount-two.yaml': 'apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: two\n  namespace: dev\n',
  });
  assert.equal(parts[0]?.version, '2.0');
});

test('manifests that are none are refused by file and document', () => {
  const table: [text: string, message: RegExp, app?: object][] = [
    ['a: [', /apps\/shop\/a\.yaml is not YAML/],
    ['a: 1', /apps\/shop\/a\.yaml: document 1 has no apiVersion, kind and metadata\.name/],
    ['apiVersion: v1\nkind: List\nitems: []', /document 1 has no/],
    [
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}',
      /configmap-a\.yaml: metadata\.name: An object must stand in a part once/,
    ],
    [
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: y}',
      /two objects are a ConfigMap named a \(configmap-a\.yaml\)/,
      { scope: 'cluster' },
    ],
    [
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}',
      /ConfigMap a names no namespace, and neither does apps\/shop\/app\.ts/,
      { scope: 'cluster' },
    ],
  ];
  for (const [text, message, app] of table) {
    const { failed, parts } = rendered_(text, app);
    assert.match(failed[0]?.message ?? '', message);
    assert.deepEqual(parts, []);
  }
});

test('an app that is built here knows its version, commit and environment', () => {
  const { parts, summary } = fixture({ ...web, image: { repository: 'r/shop', build: 'service' } });
  const file = parts[0]?.files['deployment-shop.yaml'] ?? '';
  for (const [name, value] of [
    ['VERSION', '1.0.7'],
    ['COMMIT', build.commit],
    ['ENVIRONMENT', 'dev'],
  ])
    assert.match(file, new RegExp(`name: ${name}\\n\\s+value: ${value}`));
  // Nobody gave a digest: the image is named by its tree, and publish refuses it.
  assert.match(file, new RegExp(`image: r/shop:${build.tree}\n`));
  assert.deepEqual(summary.images, { shop: { build: 'service', ...build } });
});

test('others learn of an app what they must know', () => {
  const shop = { ...web, calls: ['db'], hosts: ['a.example.org'], path: '/shop' };
  const { fixed, ...outline } = fixture(shop).summary.outlines.shop ?? {};
  assert.deepEqual(outline, { owner: 'team-shop', port: 8000, calls: ['db'], routes: { dev: ['a.example.org/shop'] } });
  // What cannot change is told apart; what may is not.
  const fixedWith = (fields: object) => fixture({ ...shop, ...fields }).summary.outlines.shop?.fixed;
  assert.deepEqual(Object.keys(fixed ?? {}), ['dev']);
  assert.deepEqual(fixedWith({ grace: 31, path: '/other' }), fixed);
});

test('a store keeps its volume claim as the API server will show it, and goes only when a person confirms it', () => {
  const store = {
    kind: 'store',
    name: 'db',
    owner: 'team-db',
    image: `r/db:1@${digest}`,
    port: 5432,
    ready: ['ask'],
    user: { uid: 70, gid: 71 },
    volume: { path: '/data', size: '2Gi' },
    single: true,
  };
  const set = objectOf(filesOf(store), 'statefulset-db.yaml');
  assert.deepEqual(set.spec.volumeClaimTemplates, [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '2Gi' } },
        storageClassName: 'gp3',
      },
    },
  ]);
  assert.deepEqual(set.metadata.annotations, {
    'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm',
    'slipway.dev/single': 'true',
  });
  assert.partialDeepStrictEqual(set.spec.template.spec, {
    securityContext: { fsGroup: 71, runAsUser: 70, runAsNonRoot: true },
  });
});

test('an app that names a folder without a Dockerfile is refused', () => {
  const [failure] = fixture({ ...web, image: { repository: 'r/a', build: 'nowhere' } }).failed;
  assert.match(failure?.message ?? '', /apps\/shop\/app\.ts: field image\.build is "nowhere"/);
  assert.equal(failure?.exitCode, 2);
});

test('a mistake is told with the line of the definition', () => {
  const source = "export const app = {\n  kind: 'web',\n  port: 0,\n};\n";
  const [failure] = fixture({ ...web, port: 0 }, { files: { 'app.ts': source } }).failed;
  assert.match(failure?.message ?? '', /^apps\/shop\/app\.ts:3: field port is 0/);
});

// Facts about every app of this repository in every environment. They hold for any set of apps.
const loaded = new Map<string, () => unknown>();
for (const [name, load] of Object.entries(apps)) {
  const { app } = await load();
  loaded.set(name, () => app);
}
const definitions: Definitions = {
  ...{ apps: loaded, repository, clusters, environments },
  read: (app, file) => readFileSync(new URL(`../apps/${app}/${file}`, import.meta.url), 'utf8'),
};
const own = { ...input, images: loaded.has('counter') ? input.images : {} };
const rendered = collect(hydrate(definitions, own, 'v24.0.0'));
const manifests = rendered.parts.flatMap((part) =>
  Object.entries(part.files).map(([file, text]) => ({ part, file, text, manifest: load(text) as Manifest })),
);

test('rendered twice, every byte is the same', () => {
  assert.deepEqual(collect(hydrate(definitions, own, 'v24.0.0')), rendered);
  assert.deepEqual(rendered.failed, []);
});

test('Redis may be published as it is restored from a backup', withExample, async () => {
  const redis = loaded.get('redis')?.() as object;
  const { restoring } = await fromExample<Restore>('apps/redis/restore.ts');
  const restored = { ...redis, in: { production: restoring('example-slipway-production', '2026-11-21') } };
  const { failed, parts } = collect(
    hydrate({ ...definitions, apps: new Map([['redis', () => restored]]) }, { ...input, images: {} }, 'v24.0.0'),
  );
  assert.deepEqual(failed, []);
  const production = parts.find(({ environment }) => environment === 'production');
  assert.match(production?.files['statefulset-redis.yaml'] ?? '', /- --s3-version-at\n\s+- '?2026-11-21'?\n/);
});

test('every app is rendered for every environment of its scope', () => {
  const paths = rendered.parts.map(({ environment, app }) => `${environment}/${app}`);
  const expected = [...loaded.keys()].flatMap((app) => {
    const scope = rendered.summary.outlines[app]?.scope;
    return environments.filter((one) => one.scope === scope).map(({ name }) => `${name}/${app}`);
  });
  assert.deepEqual(paths.sort(), expected.sort());
});

test('what is said twice is there once: a port, a folder of the node, a processor', () => {
  const worker = { ...web, kind: 'worker', ready: ['ok'], metrics: { port: 8000 }, processors: ['arm64', 'arm64'] };
  const { spec } = objectOf(filesOf(worker), 'deployment-shop.yaml');
  const [container] = spec.template.spec.containers as { ports: unknown }[];
  assert.deepEqual(container?.ports, [{ name: 'main', containerPort: 8000 }]);
  assert.deepEqual(spec.template.spec.nodeSelector, { 'kubernetes.io/arch': 'arm64' });

  const reason = { policy: 'host-path', reason: 'it reads what pods log', owner: 'team-a', until: '2027-01-31' };
  const node = { '/here': '/var/log', '/there': '/var/log' };
  const agent = { ...web, kind: 'agent', scope: 'cluster', namespace: 'agents', node, excuses: [reason] };
  const pod = objectOf(filesOf(agent), 'daemonset-shop.yaml').spec.template.spec;
  assert.deepEqual(pod.volumes, [{ name: 'node-var-log', hostPath: { path: '/var/log', type: 'Directory' } }]);
});

test('a version is a label and a volume has a name, whatever a tag or a path begins or ends with', () => {
  const long = `/srv/${'x'.repeat(60)}`;
  const app = { ...web, image: `r/shop:_1_@${digest}`, scratch: { '/.a-': '1Mi', [long]: '1Mi' } };
  const { spec } = objectOf(filesOf(app), 'deployment-shop.yaml');
  assert.deepEqual(spec.template.metadata, {
    labels: { 'app.kubernetes.io/name': 'shop', 'app.kubernetes.io/version': '1' },
  });
  const names = (spec.template.spec.volumes as { name: string }[]).map(({ name }) => name);
  assert.deepEqual(names, ['scratch-a', `scratch-${'x'.repeat(55)}`]);
});

test('every manifest has a path of its own, and its name says what it is', () => {
  const paths = manifests.map(({ part, file }) => `${part.environment}/${part.app}/${file}`);
  assert.equal(new Set(paths).size, paths.length);
  for (const { file, manifest } of manifests) {
    if (file !== 'application.yaml')
      assert.equal(file, `${manifest.kind.toLowerCase()}-${manifest.metadata.name}.yaml`);
  }
});

test('names are DNS labels, and nothing has a hash in its name', () => {
  for (const { part, manifest } of manifests) {
    assert.match(manifest.metadata.name, /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/);
    // What belongs to a cluster may be named as Kubernetes knows it.
    if (!part.environment.startsWith('platform-'))
      assert.match(manifest.metadata.name, new RegExp(`^${part.app}(-|$)`));
  }
});

test('objects stand in their environment alone; the Application in a namespace that only it is in', () => {
  const own = manifests.filter(({ part }) => !part.environment.startsWith('platform-'));
  for (const { part, file, manifest } of own) {
    const namespace = file === 'application.yaml' ? `argocd-${part.environment}` : part.environment;
    assert.equal(manifest.metadata.namespace, namespace);
  }
});

test('no image floats: every one has a digest', () => {
  for (const { part } of manifests)
    for (const image of Object.values(part.images)) assert.match(image, /@sha256:[0-9a-f]{64}$/);
  for (const { text, manifest } of manifests)
    if (manifest.kind !== 'ValidatingAdmissionPolicy')
      for (const [, image] of text.matchAll(/image: (\S+)/g)) assert.match(image ?? '', /@sha256:[0-9a-f]{64}$/);
});

test('nothing of the machine, the day or the remote is in a manifest', () => {
  const year = new Date().getFullYear();
  // What an app's folder says comes from there: a day since which something holds, an address inside the pod.
  const folders = globSync(`${import.meta.dirname}/../apps/*/*.ts`).filter((file) => !file.endsWith('.test.ts'));
  const said = folders.map((file) => readFileSync(file, 'utf8')).join('\n');
  const outside = (text: string) =>
    text.replaceAll(/127\.0\.0\.1(:\d+)?|\d{4}-\d\d-\d\d/g, (found) => (said.includes(found) ? 'said' : found));
  for (const { text } of manifests)
    assert.doesNotMatch(outside(text), new RegExp(`\\b${year}\\b|\\blocalhost[:"'\\s]|127\\.0\\.0\\.1`));
});

const argoCd = { kind: 'platform', name: 'argocd', owner: 'team-platform', scope: 'cluster', provides: 'argocd' };
const dataIn = (files: Record<string, string>, name: string) =>
  (load(files[`configmap-${name}.yaml`] ?? '') as { data: Record<string, string> }).data;

test('Argo CD on one machine waits for no load balancer, and nobody signs in where no people are named', () => {
  const files = filesOf(argoCd, { cluster: { profile: 'local', ingress: 'nginx' } });
  const configuration = dataIn(files, 'argocd-cm');
  assert.equal(configuration['oidc.config'], undefined);
  assert.match(configuration['resource.customizations.health.networking.k8s.io_Ingress'] ?? '', /"Healthy"/);
  assert.equal(dataIn(files, 'argocd-rbac-cm')['policy.csv']?.includes('role:admin'), false);
  assert.partialDeepStrictEqual(dataIn(files, 'argocd-cmd-params-cm'), {
    'application.namespaces': 'argocd-dev,argocd-platform-c',
    'server.insecure': 'true',
  });
  assert.equal(
    files['ingress-argocd.yaml'],
    `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: argocd
  namespace: argocd
spec:
  ingressClassName: nginx
  rules:
    - host: argocd.c.example.org
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: argocd-server
                port:
                  number: 80
  tls:
    - hosts:
        - argocd.c.example.org
`,
  );
});

test('on EKS people reach Argo CD by HTTPS alone, through a load balancer from the addresses of the cluster', () => {
  const files = filesOf(argoCd, { cluster: { network: '10.1.0.0/16' } });
  const { metadata, spec } = load(files['ingress-argocd.yaml'] ?? '') as Manifest & {
    spec: { ingressClassName: string };
  };
  assert.equal(spec.ingressClassName, 'platform-c');
  assert.partialDeepStrictEqual(metadata.annotations, {
    'alb.ingress.kubernetes.io/ssl-redirect': '443',
    'alb.ingress.kubernetes.io/backend-protocol': 'HTTPS',
    'alb.ingress.kubernetes.io/healthcheck-protocol': 'HTTPS',
  });
  assert.equal(
    files['networkpolicy-argocd-server-network-policy.yaml'],
    `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: argocd-server-network-policy
  namespace: argocd
spec:
  podSelector:
    matchExpressions:
      - key: app.kubernetes.io/name
        operator: In
        values:
          - argocd-server
  policyTypes:
    - Ingress
    - Egress
  ingress:
    - from:
        - ipBlock:
            cidr: 10.1.0.0/16
      ports:
        - port: 8080
          protocol: TCP
    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: monitoring
      ports:
        - port: 8083
          protocol: TCP
  egress:
    - ports:
        - port: 443
          protocol: TCP
        - port: 6443
          protocol: TCP
`,
  );
});

test('what the AppProject of an environment would refuse is refused at render', () => {
  const quota = 'apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: more}\nspec: {hard: {pods: "9000"}}\n';
  const { failed } = rendered_(quota);
  assert.match(failed[0]?.message ?? '', /resourcequota-more\.yaml: kind: .* ResourceQuota is no kind that it holds/);
  const elsewhere = { scope: 'cluster', namespace: 'agents' };
  assert.deepEqual(rendered_(quota, elsewhere).failed, []);
});

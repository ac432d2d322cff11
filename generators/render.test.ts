import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { apps } from '../apps/index.ts';
import { environments, repository } from '../clusters/environments.ts';
import { hydrate } from './hydrate.ts';
import type { Manifest } from './model/manifest.ts';
import type { Line, RenderInput } from './model/part.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const build = { tree: 'a'.repeat(40), version: '1.0.7', commit: 'b'.repeat(40) };
const input: RenderInput = {
  builds: { service: build },
  images: { counter: `registry.gitlab.com/example/slipway/counter@${digest}` },
  known: {},
  taken: [],
};

const environment = {
  name: 'dev',
  cluster: 'c',
  domain: 'dev.example.org',
  replicas: 2,
  resources: { cpu: '50m', memory: '64Mi' },
  soak: '1m',
};
/** What a render said, by kind of line. */
function collect(lines: Iterable<Line>) {
  const all = [...lines];
  const summary = all.flatMap((line) => ('summary' in line ? [line.summary] : []))[0];
  assert.ok(summary);
  const parts = all.flatMap((line) => ('part' in line ? [line.part] : []));
  const failed = all.flatMap((line) => ('failed' in line ? [line.failed] : []));
  return { parts, failed, summary };
}

const fixture = (app: { name: string; [field: string]: unknown }) =>
  collect(
    hydrate(
      {
        apps: new Map([[app.name, () => app]]),
        repository: 'https://git.example.org/r.git',
        environments: [environment],
      },
      { builds: { service: build }, images: {}, known: {}, taken: [] },
      'v24.0.0',
    ),
  );

test('a web app is a Deployment, a Service, an Ingress and its Application, and nothing that nobody asked for', () => {
  const { parts } = fixture({
    kind: 'web',
    name: 'shop',
    owner: 'team-shop',
    image: `registry.example.org/shop:4.2@${digest}`,
    port: 8000,
    env: { MODE: 'yes' },
  });
  assert.deepEqual(Object.keys(parts[0]?.files ?? {}), [
    'application.yaml',
    'deployment-shop.yaml',
    'service-shop.yaml',
    'ingress-shop.yaml',
  ]);
  assert.equal(
    parts[0]?.files['deployment-shop.yaml'],
    `apiVersion: apps/v1
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
      automountServiceAccountToken: false
      containers:
        - name: shop
          image: registry.example.org/shop:4.2@${digest}
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
            limits:
              memory: 64Mi
            requests:
              cpu: 50m
              memory: 64Mi
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop:
                - ALL
            readOnlyRootFilesystem: true
      securityContext:
        runAsGroup: 65532
        runAsNonRoot: true
        runAsUser: 65532
        seccompProfile:
          type: RuntimeDefault
      terminationGracePeriodSeconds: 30
`,
  );
});

test('an app that is built here knows its version, commit and environment', () => {
  const { parts, summary } = fixture({
    kind: 'web',
    name: 'shop',
    owner: 'team-shop',
    image: { repository: 'r/shop', build: 'service' },
    port: 80,
  });
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

test('a store keeps its volume claim as the API server will show it', () => {
  const store = {
    kind: 'store',
    name: 'db',
    owner: 'team-db',
    image: `r/db:1@${digest}`,
    port: 5432,
    ready: ['ask'],
    user: { uid: 70, gid: 70 },
    volume: { path: '/data', size: '2Gi' },
  };
  const set = load(fixture(store).parts[0]?.files['statefulset-db.yaml'] ?? '') as {
    spec: { volumeClaimTemplates: object[] };
  };
  assert.deepEqual(set.spec.volumeClaimTemplates, [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } },
    },
  ]);
});

test('an app that names a folder without a Dockerfile is refused', () => {
  const image = { repository: 'r/a', build: 'nowhere' };
  const [failure] = fixture({ kind: 'web', name: 'a', owner: 'team-a', image, port: 80 }).failed;
  assert.match(failure?.message ?? '', /apps\/a\/app\.ts: field image\.build is "nowhere"/);
  assert.equal(failure?.exitCode, 2);
});

// Facts about every app of this repository in every environment. They hold for any set of apps.
const loaded = new Map<string, () => unknown>();
for (const [name, load] of Object.entries(apps)) {
  const { app } = await load();
  loaded.set(name, () => app);
}
const definitions = { apps: loaded, repository, environments };
const rendered = collect(hydrate(definitions, input, 'v24.0.0'));
const manifests = rendered.parts.flatMap((part) =>
  Object.entries(part.files).map(([file, text]) => ({ part, file, text, manifest: load(text) as Manifest })),
);

test('rendered twice, every byte is the same', () => {
  assert.deepEqual(collect(hydrate(definitions, input, 'v24.0.0')), rendered);
  assert.deepEqual(rendered.failed, []);
});

test('every app is rendered for every environment', () => {
  assert.equal(rendered.parts.length, loaded.size * environments.length);
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
    assert.equal(manifest.metadata.name, part.app);
  }
});

test('objects stand in their environment alone; the Application in a namespace that only it is in', () => {
  for (const { part, file, manifest } of manifests) {
    const namespace = file === 'application.yaml' ? `argocd-${part.environment}` : part.environment;
    assert.equal(manifest.metadata.namespace, namespace);
  }
});

test('no image floats: every one has a digest', () => {
  for (const { part } of manifests)
    for (const image of Object.values(part.images)) assert.match(image, /@sha256:[0-9a-f]{64}$/);
  for (const { text } of manifests)
    for (const [, image] of text.matchAll(/image: (\S+)/g)) assert.match(image ?? '', /@sha256:[0-9a-f]{64}$/);
});

test('nothing of the machine, the day or the remote is in a manifest', () => {
  const year = new Date().getFullYear();
  for (const { text } of manifests) assert.doesNotMatch(text, new RegExp(`\\b${year}\\b|localhost|127\\.0\\.0\\.1`));
});

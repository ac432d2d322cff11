import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Git } from '../git/git.ts';
import { formatManifest, type Manifest, manifestFile } from '../model/manifest.ts';
import { formatMetadata, formatPublished } from '../model/metadata.ts';
import { applicationFile, environmentBranch, metadataFile, publishedFile, rendered } from '../model/names.ts';
import type { Scope } from './sandbox.fixture.ts';

const repository = 'https://gitlab.example.com/group/slipway.git';

/** What one publish rendered. */
export interface Version {
  readonly dry: string;
  /** The commit of `rendered`. */
  readonly rendered: string;
  /** The commit of the environment branch that took it. */
  readonly taken: string;
  readonly part: string;
}

/** A clone that knows `rendered` and one environment branch, with the parts of one app. */
export interface Clone {
  readonly git: Git;
  readonly environment: string;
  readonly app: string;
  /** Publishes objects as the app's next part, and has the environment take it; none: the app is taken out. */
  publish(
    manifests: readonly Manifest[] | undefined,
    more?: { irreversible?: true; version?: string },
  ): Promise<Version>;
  /** Has somebody change the environment branch without a publish. */
  edit(files: Readonly<Record<string, string>>): Promise<string>;
  /** Has the environment branch go back to a commit's content, as `git revert` does. */
  revert(to: string): Promise<string>;
  /** The Application of the app, as it stands in every part. */
  readonly application: Manifest;
}

export async function cloneOf(t: Scope, environment: string, app = 'shop'): Promise<Clone> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-apply-'));
  t.after(() => rm(dir, { recursive: true, force: true, maxRetries: 10 }));
  const people = ['AUTHOR', 'COMMITTER'].flatMap((role) => [
    [`GIT_${role}_NAME`, 'A Tester'],
    [`GIT_${role}_EMAIL`, 'tester@localhost.invalid'],
  ]);
  const git = new Git(dir, { ...Object.fromEntries(people), GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' });
  await git.bytes(['init', '--quiet', '--initial-branch=main']);
  const branch = environmentBranch(environment);
  const application = applicationOf(environment, app);
  let count = 0;

  /** Commits files, instead of the folders of these names, on a branch that the clone knows from its remote. */
  async function commit(on: string, files: Readonly<Record<string, string>>, instead: readonly string[] = []) {
    const ref = `refs/remotes/origin/${on}`;
    const parent = await git.commit(ref);
    await git.bytes(parent ? ['read-tree', parent] : ['read-tree', '--empty']);
    for (const path of instead) await git.bytes(['rm', '-r', '-f', '-q', '--cached', '--ignore-unmatch', '--', path]);
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(dir, 'work', path)), { recursive: true });
      await writeFile(join(dir, 'work', path), text);
      const id = await git.text(['hash-object', '-w', '--', `work/${path}`]);
      await git.bytes(['update-index', '--add', '--cacheinfo', `100644,${id},${path}`]);
    }
    const tree = await git.text(['write-tree']);
    const made = await git.text(['commit-tree', tree, ...(parent ? ['-p', parent] : []), '-m', `commit ${++count}`]);
    await git.bytes(['update-ref', ref, made]);
    return made;
  }

  async function publish(...[manifests, more]: Parameters<Clone['publish']>): Promise<Version> {
    const dry = await commit('main', { 'app.ts': String(count) });
    const about = { repoURL: repository, drySha: dry, commands: [], ...more };
    const metadata = formatMetadata(manifests ? about : { ...about, removed: true });
    const objects = manifests ? [application, ...manifests] : [];
    const name = (manifest: Manifest) => (manifest === application ? applicationFile : manifestFile(manifest));
    const files = {
      ...Object.fromEntries(objects.map((one) => [name(one), formatManifest(one)])),
      [metadataFile]: metadata,
    };
    const under = (folder: string) =>
      Object.fromEntries(Object.entries(files).map(([file, text]) => [`${folder}/${file}`, text]));
    const published = formatPublished({
      ...{ drySha: dry, node: process.version, repository, source: '0', kept: [] },
      ...{ images: {}, keys: {}, removed: {}, outlines: {}, trees: {} },
      environments: [{ name: environment, soak: 60 }],
    });
    const place = `${environment}/${app}`;
    const at = await commit(rendered, { ...under(place), [publishedFile]: published }, [place]);
    const taken = await commit(branch, under(app), [app]);
    return { dry, rendered: at, taken, part: await git.text(['rev-parse', `${at}:${place}`]) };
  }

  async function revert(to: string): Promise<string> {
    const tree = await git.text(['rev-parse', `${to}^{tree}`]);
    const parent = await git.text(['rev-parse', `refs/remotes/origin/${branch}`]);
    const made = await git.text(['commit-tree', tree, '-p', parent, '-m', 'Revert']);
    await git.bytes(['update-ref', `refs/remotes/origin/${branch}`, made]);
    return made;
  }

  return { git, environment, app, publish, revert, edit: (files) => commit(branch, files), application };
}

const applicationOf = (environment: string, app: string): Manifest => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: { name: app, namespace: `argocd-${environment}` },
  spec: {
    project: environment,
    source: { repoURL: repository, targetRevision: `refs/heads/env/${environment}`, path: app },
    destination: { server: 'https://kubernetes.default.svc', namespace: environment },
  },
});

/** A small app's objects. `only` is a field that no other version has. */
export function objectsOf(namespace: string, value: string, { only = false, app = 'shop' } = {}): Manifest[] {
  const labels = { 'app.kubernetes.io/name': app };
  const metadata = { name: app, namespace, labels };
  const container = {
    ...{ name: app, image: `registry.example.com/shop:${value}` },
    ...{ env: [{ name: 'VALUE', value }, ...(only ? [{ name: 'ONLY', value: 'here' }] : [])] },
    ...{ resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '16Mi' } } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true },
  };
  const pod = {
    ...{ automountServiceAccountToken: false, serviceAccountName: app, containers: [container] },
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
  };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      data: { value, text: `a\n  b: ${value}\n`, ...(only ? { only: 'here' } : {}) },
    },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: labels, ports: [{ port: 80, name: 'http' }] } },
  ];
}

/** A migration of that app. */
export const migrationOf = (namespace: string, app = 'shop'): Manifest => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: {
    name: `${app}-migrate-2`,
    namespace,
    labels: { 'app.kubernetes.io/name': app },
    annotations: { 'argocd.argoproj.io/hook': 'PreSync' },
  },
  spec: {
    template: {
      spec: { restartPolicy: 'Never', containers: [{ name: 'migrate', image: 'registry.example.com/shop:2' }] },
    },
  },
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { clusters, environments, repository } from '../../../../clusters/environments.ts';
import { withExample } from '../../../example.fixture.ts';
import { checkPath } from '../../../model/environment-schema.ts';
import { gitLabOf, portOf } from '../../../model/git-lab.ts';
import { applicationFile } from '../../../model/names.ts';
import { forbids, forbidsApplication, type Project, type Projects, projectsOf } from '../../../model/project.ts';
import { objectsOf, partsOfAll, type Rendered } from '../../../parts.fixture.ts';
import { expression } from '../../../policies/expression.ts';
import { strictly } from '../../../schemas/strictly.ts';
import { rulesFor } from './admission.ts';
import { healthScripts } from './health.ts';
import { hostileApplications } from './hostile.fixture.ts';

const path = checkPath({ repository, clusters, environments });
const parts = await partsOfAll();
const projects: Projects[] = [...path.clusters.values()].flatMap((cluster) => projectsOf(cluster, path));
const of = (environment: string) => projects.find((one) => one.environment.name === environment) as Projects;
/** The projects that one Argo CD knows, its own first one among them. */
const beside = ({ environment: { cluster } }: Projects): Project[] => [
  ...projects.filter((one) => one.environment.cluster === cluster).flatMap(({ own, root }) => [own, root]),
  { name: 'default', sourceRepos: [], sourceNamespaces: [], destinations: [], clusterKinds: [], namespacedKinds: [] },
];

test('every object of every own app is one that the AppProject of its environment lets in, and so is its Application', () => {
  let objects = 0;
  for (const part of parts) {
    const { own, root } = of(part.environment);
    const [application, ...others] = objectsOf(part);
    assert.ok(application);
    assert.ok(application.at.endsWith(`/${applicationFile}`));
    assert.equal(forbids(root, application.manifest, root.destinations[0] ?? ''), undefined, application.at);
    assert.equal(forbidsApplication(beside(of(part.environment)), application.manifest), undefined, application.at);
    const { destination } = application.manifest.spec as { destination: { namespace: string } };
    for (const { at, manifest } of others) {
      assert.equal(forbids(own, manifest, destination.namespace), undefined, at);
      objects++;
    }
  }
  assert.ok(objects > 100);
});

/** What the part argocd of a platform holds, by kind and name. */
function partOf(environment: string): ReadonlyMap<string, Rendered['manifest'] & { readonly data?: Data }> {
  const part = parts.find((one) => one.environment === environment && one.app === 'argocd');
  assert.ok(part);
  return new Map(objectsOf(part).map(({ manifest }) => [`${manifest.kind}/${manifest.metadata.name}`, manifest]));
}
type Data = Readonly<Record<string, string>>;
const platforms = environments.filter(({ scope }) => scope === 'cluster').map(({ name }) => name);
const dataOf = (environment: string, name: string): Data => partOf(environment).get(`ConfigMap/${name}`)?.data ?? {};

test('an AppProject says what its project is, and the one that Argo CD makes lets nothing in', () => {
  for (const platform of platforms) {
    const held = partOf(platform);
    const here = beside(of(platform)).filter(({ name }) => name !== 'default');
    for (const project of here) {
      const spec = held.get(`AppProject/${project.name}`)?.spec as Readonly<Record<string, object[]>>;
      const kinds = (list = [] as object[]) =>
        (list as { group: string; kind: string }[]).map(({ group, kind }) => (group ? `${group}/${kind}` : kind));
      assert.deepEqual(
        {
          name: project.name,
          sourceRepos: spec.sourceRepos,
          sourceNamespaces: spec.sourceNamespaces,
          destinations: (spec.destinations as { namespace: string }[]).map(({ namespace }) => namespace),
          clusterKinds: kinds(spec.clusterResourceWhitelist),
          namespacedKinds: kinds(spec.namespaceResourceWhitelist),
        },
        project,
      );
    }
    const all = [...held.keys()].filter((id) => id.startsWith('AppProject/'));
    assert.equal(all.length, here.length + 1);
    assert.partialDeepStrictEqual(held.get('AppProject/default')?.spec, {
      destinations: [],
      namespaceResourceBlacklist: [{ group: '*', kind: '*' }],
    });
  }
});

test('a root is what its project lets be, makes Applications from its branch alone, and takes nothing with it', () => {
  const names = platforms.flatMap((platform) => {
    const roots = [...partOf(platform).values()].filter(
      ({ kind, metadata }) => kind === 'Application' && metadata.namespace === 'argocd',
    );
    for (const root of roots) {
      assert.equal(forbidsApplication(beside(of(platform)), root), undefined);
      assert.equal(root.metadata.finalizers, undefined);
      const { 'argocd.argoproj.io/sync-options': options } = root.metadata.annotations as Data;
      assert.equal(options, 'Prune=confirm,Delete=confirm');
      assert.partialDeepStrictEqual(root.spec, {
        source: { path: '.', directory: { recurse: true, include: '*/application.yaml' } },
        syncPolicy: { automated: { allowEmpty: false } },
      });
    }
    return roots.map(({ metadata, spec }) => `${metadata.name} of ${(spec as { project: string }).project}`);
  });
  assert.deepEqual(names, [
    ...['dev of dev-root', 'staging of staging-root', 'platform of platform-nonprod-root'],
    ...['production of production-root', 'platform of platform-production-root'],
  ]);
});

const refused = (application: unknown) =>
  rulesFor(repository).flatMap(({ expression: cel, message }) => {
    try {
      return expression(cel)({ object: application }) ? [] : [message];
    } catch {
      // The API server refuses what it cannot judge, too.
      return [message];
    }
  });

/** As Argo CD 3.6.1 writes it when it syncs by itself: https://github.com/argoproj/argo-cd/blob/v3.6.1/controller/appcontroller.go */
function selfSynced(good: Rendered['manifest']): unknown {
  const { source, syncPolicy } = good.spec as { source: object; syncPolicy: { syncOptions: string[] } };
  const sync = { source, revision: 'a'.repeat(40), prune: true, syncOptions: syncPolicy.syncOptions };
  return { ...good, operation: { sync, initiatedBy: { automated: true }, retry: { limit: 5 } } };
}

test(
  'an Application that reaches beyond its environment is refused by its project, by the API server, or by both',
  withExample,
  () => {
    const goods = parts
      .filter(({ environment }) => !platforms.includes(environment))
      .map((part) => ({ part, good: objectsOf(part)[0]?.manifest as Rendered['manifest'] }));
    assert.ok(goods.length > 3);
    for (const { part, good } of goods) {
      assert.deepEqual(refused(good), []);
      assert.deepEqual(refused(selfSynced(good)), []);
      // By other names than the fixture's these are projects that are there.
      const known = beside(of(part.environment));
      const like = known.find(({ name }) => name === 'default') as Project;
      const all = [...known, ...['elsewhere', 'platform'].map((name) => ({ ...like, name }))];
      const hostile = hostileApplications(good, repository);
      for (const { name, application, project, admission } of hostile) {
        const at = `${part.environment}/${part.app}: ${name}`;
        assert.deepEqual(strictly(application), [], at);
        const said = forbidsApplication(all, application);
        if (project) assert.match(said ?? 'nothing', project, at);
        else assert.equal(said, undefined, at);
        if (admission === undefined) assert.deepEqual(refused(application), [], at);
        else assert.ok(refused(application).includes(admission), at);
        assert.ok(project ?? admission, at);
      }
    }
  },
);

test('what the API server asks of Applications stands in the platform, for the environments of its cluster', () => {
  for (const platform of platforms) {
    const held = partOf(platform);
    const policy = held.get('ValidatingAdmissionPolicy/slipway-applications')?.spec as {
      validations: { expression: string; message: string }[];
    };
    assert.deepEqual(policy.validations, rulesFor(repository));
    const binding = held.get('ValidatingAdmissionPolicyBinding/slipway-applications')?.spec;
    const { cluster } = of(platform).environment;
    const here = environments.filter((one) => one.cluster === cluster && one.scope !== 'cluster');
    assert.partialDeepStrictEqual(binding, {
      validationActions: ['Deny'],
      matchResources: {
        namespaceSelector: { matchExpressions: [{ values: here.map(({ name }) => `argocd-${name}`) }] },
      },
    });
  }
});

test('Argo CD knows exactly the namespaces of its Applications, templates nothing and lets nobody in unnamed', () => {
  assert.deepEqual(
    platforms.map((platform) => dataOf(platform, 'argocd-cmd-params-cm')['application.namespaces']),
    ['argocd-dev,argocd-staging,argocd-platform-nonprod', 'argocd-production,argocd-platform-production'],
  );
  for (const platform of platforms) {
    const data = dataOf(platform, 'argocd-cm');
    const off = ['helm', 'kustomize', 'jsonnet'].map((tool) => `${tool}.enable`);
    for (const key of [...off, 'admin.enabled', 'users.anonymous.enabled', 'exec.enabled'])
      assert.equal(data[key], 'false', key);
    assert.equal(data.url, `https://argocd.${of(platform).environment.domain}`);
    assert.partialDeepStrictEqual(load(data['oidc.config'] ?? ''), {
      issuer: 'https://gitlab.com',
      clientSecret: '$argocd-oidc:clientSecret',
      requestedScopes: ['openid', 'profile', 'email'],
    });
  }
  // Its cache is another one where it must outlive a node.
  assert.deepEqual(
    platforms.map((platform) => dataOf(platform, 'argocd-cmd-params-cm')['redis.server']),
    [undefined, 'argocd-redis-ha-haproxy:6379'],
  );
});

test('every line of the roles is one of Casbin, and an operator creates, changes and deletes nothing', () => {
  for (const platform of platforms) {
    const { 'policy.csv': csv = '', ...rest } = dataOf(platform, 'argocd-rbac-cm');
    assert.deepEqual(rest, { 'policy.default': '', scopes: '[groups]' });
    const lines = csv.trimEnd().split('\n');
    const roles = new Set(['role:admin', 'role:readonly']);
    for (const line of lines) assert.match(line, /^(p(, [^\s,]+){4}, allow|g, [^\s,]+, role:[a-z]+)$/);
    const policies = lines.filter((line) => line.startsWith('p,')).map((line) => line.split(', '));
    for (const [, role = '', resource, action = ''] of policies) {
      roles.add(role);
      assert.equal(resource, 'applications');
      assert.match(action, /^(sync|action\/apps\/(Deployment|StatefulSet|DaemonSet)\/restart)$/);
    }
    const granted = lines.filter((line) => line.startsWith('g,')).map((line) => line.split(', '));
    for (const [, , role = ''] of granted) assert.ok(roles.has(role), role);
    const admins = granted.filter(([, , role]) => role === 'role:admin').map(([, who]) => who);
    assert.deepEqual(admins, ['example/platform']);
  }
});

test('what is told to GitLab is JSON, and every name in it leads somewhere', () => {
  const app: Data = {
    '.app.metadata.name': 'counter',
    '.app.metadata.namespace': 'argocd-dev',
    '.app.spec.project': 'dev',
    'trimPrefix "refs/heads/" .app.spec.source.targetRevision': 'env/dev',
    '.app.status.operationState.syncResult.revision': 'a'.repeat(40),
  };
  const filled = (text: string) =>
    text.replace(/\{\{(.*?)\}\}/g, (_, action: string) => {
      assert.ok(app[action], action);
      return String(app[action]);
    });
  for (const platform of platforms) {
    const data = dataOf(platform, 'argocd-notifications-cm');
    const named = (kind: string) =>
      Object.keys(data).flatMap((key) => (key.startsWith(`${kind}.`) ? [key.slice(kind.length + 1)] : []));
    const read = (key: string) => load(data[key] ?? '');
    const [{ recipients, triggers }] = read('subscriptions') as [{ recipients: string[]; triggers: string[] }];
    assert.deepEqual(triggers.toSorted(), named('trigger').sort());
    for (const recipient of recipients) assert.ok(named('service').includes(`webhook.${recipient}`), recipient);
    const sent = named('trigger').flatMap((name) => {
      const conditions = read(`trigger.${name}`) as { when: string; send: string[]; oncePer: string }[];
      for (const { when, oncePer } of conditions)
        for (const text of [when, oncePer])
          assert.match(text, /app\.status\?\.operationState\?\.syncResult\?\.revision/);
      return conditions.flatMap(({ send }) => send);
    });
    assert.deepEqual(sent.sort(), named('template').sort());
    const states = named('template').map((name) => {
      const { webhook } = read(`template.${name}`) as { webhook: Record<string, { path: string; body: string }> };
      assert.deepEqual(Object.keys(webhook), recipients);
      const { path, body } = webhook.gitlab as { path: string; body: string };
      const project = encodeURIComponent(gitLabOf(repository).project);
      assert.equal(filled(path), `/projects/${project}/statuses/${'a'.repeat(40)}`);
      const { state, target_url, ...rest } = JSON.parse(filled(body));
      assert.equal(target_url, `https://argocd.${of(platform).environment.domain}/applications/argocd-dev/counter`);
      assert.partialDeepStrictEqual(rest, { name: 'argocd/dev/counter', ref: 'env/dev' });
      return state;
    });
    assert.deepEqual(states.sort(), ['failed', 'failed', 'running', 'success']);
  }
});

test('the GitLab of a repository is found by its address, however git reaches it', () => {
  const table: [url: string, origin: string, project: string, port: number][] = [
    ['https://gitlab.com/example/slipway.git', 'https://gitlab.com', 'example/slipway', 443],
    ['https://git.example.org:8443/a/b/c', 'https://git.example.org:8443', 'a/b/c', 8443],
    ['http://git.example.org/a/b', 'http://git.example.org', 'a/b', 80],
    ['ssh://git@git.example.org/a/b.git', 'https://git.example.org', 'a/b', 22],
    ['ssh://git@git.example.org:2222/a/b.git', 'https://git.example.org', 'a/b', 2222],
  ];
  for (const [url, origin, project, port] of table) {
    assert.deepEqual(gitLabOf(url), { origin, project }, url);
    assert.equal(portOf(url), port, url);
  }
});

/** A JSON value as Lua 5.1 writes it. */
function lua(value: unknown): string {
  if (Array.isArray(value)) return `{ ${value.map(lua).join(', ')} }`;
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, one]) => `[${JSON.stringify(key)}] = ${lua(one)}`)
      .join(', ')} }`;
  return JSON.stringify(value);
}

/** Runs a script as Argo CD does: with the base and table libraries alone (util/lua/lua.go). */
function judged(script: string, obj: unknown): string {
  const program = [
    `local judge = function(obj)\n${script}\nend`,
    'setfenv(judge, { ipairs = ipairs, pairs = pairs, next = next, type = type, tostring = tostring, table = table })',
    `local health = judge(${lua(obj)})`,
    'io.write(health.status .. ": " .. tostring(health.message))',
  ].join('\n');
  const { status, stdout, stderr } = spawnSync('lua5.1', ['-'], { input: program, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout;
}

const skip =
  spawnSync('lua5.1', ['-v']).status === 0 ? false : 'lua5.1 is not installed: npm test installs it where it may';

test('the health of an object is told by what its status says', { skip }, () => {
  const scripts = { ...healthScripts({ profile: 'eks' }), ...healthScripts({ profile: 'local' }) };
  const ready = (status: string, more: object = {}) => ({
    status: { conditions: [{ type: 'Ready', status, ...more }] },
  });
  const invalid = { type: 'InvalidSpecError', message: 'not permitted to use project' };
  const table: [kind: string, obj: object, health: string][] = [
    ['argoproj.io_Application', {}, 'Progressing: Argo CD has not looked at it yet'],
    ['argoproj.io_Application', { status: {} }, 'Progressing: Argo CD has not looked at it yet'],
    ['argoproj.io_Application', { status: { health: { status: 'Healthy' } } }, 'Healthy: '],
    ['argoproj.io_Application', { status: { health: { status: 'Missing' } } }, 'Progressing: '],
    ['argoproj.io_Application', { status: { health: { status: 'Unknown' } } }, 'Unknown: '],
    ['argoproj.io_Application', { status: { health: { status: 'Degraded', message: 'a pod' } } }, 'Degraded: a pod'],
    [
      'argoproj.io_Application',
      { status: { health: { status: 'Healthy' }, operationState: { phase: 'Running', message: 'waiting' } } },
      'Progressing: waiting',
    ],
    [
      'argoproj.io_Application',
      { status: { health: { status: 'Healthy' }, operationState: { phase: 'Running' } } },
      'Progressing: It is being synced',
    ],
    [
      'argoproj.io_Application',
      { status: { health: { status: 'Healthy' }, operationState: { phase: 'Succeeded' } } },
      'Healthy: ',
    ],
    [
      'argoproj.io_Application',
      { status: { health: { status: 'Unknown' }, conditions: [{ type: 'SyncError', message: 'a' }, invalid] } },
      'Degraded: not permitted to use project',
    ],
    ['eks.amazonaws.com_NodeClass', {}, 'Progressing: EKS has not judged it yet'],
    ['eks.amazonaws.com_NodeClass', ready('Unknown'), 'Progressing: EKS has not judged it yet'],
    ['eks.amazonaws.com_NodeClass', ready('True'), 'Healthy: '],
    ['eks.amazonaws.com_NodeClass', ready('False', { reason: 'NoSubnets' }), 'Degraded: NoSubnets'],
    ['networking.k8s.io_Ingress', {}, 'Healthy: Its rules are there'],
    ['networking.k8s.io_Ingress', { status: { loadBalancer: {} } }, 'Healthy: Its rules are there'],
  ];
  for (const [kind, obj, health] of table)
    assert.equal(judged(scripts[kind] ?? '', obj), health, `${kind} ${JSON.stringify(obj)}`);
  assert.deepEqual(new Set(table.map(([kind]) => kind)), new Set(Object.keys(scripts)));
});

test('an Ingress waits for its load balancer on EKS alone', () => {
  assert.deepEqual(Object.keys(healthScripts({ profile: 'eks' })), [
    'argoproj.io_Application',
    'eks.amazonaws.com_NodeClass',
  ]);
  assert.deepEqual(Object.keys(healthScripts({ profile: 'local' })), [
    'argoproj.io_Application',
    'networking.k8s.io_Ingress',
  ]);
});

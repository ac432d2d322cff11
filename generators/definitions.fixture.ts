import fc from 'fast-check';
import type { Definitions } from './hydrate.ts';
import { volumeName } from './model/app-check.ts';
import type { RenderInput } from './model/part.ts';

/** A definition that the manual (`model/app.ts`) allows, and the files that stand beside it. */
export interface Legal {
  readonly name: string;
  readonly app: Fields;
  /** By name inside the app's folder. */
  readonly files: Readonly<Record<string, string>>;
}
export type Fields = Readonly<Record<string, unknown>>;

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const registry = 'registry.example.com/team';
const resources = { cpu: '50m', memory: '64Mi' };
const cluster = {
  profile: 'eks',
  registries: [registry, 'docker.io/library'],
  storage: 'gp3',
  namespaces: { agents: 'privileged', monitoring: 'restricted' },
};
const environment = { cluster: 'nonprod', replicas: 1, resources, soak: '1m' };

/** Where the apps are rendered: a path of three, the last of which is production, and one of two clusters. */
export const places = {
  repository: 'https://git.example.org/r.git',
  clusters: [
    { ...cluster, name: 'nonprod' },
    { ...cluster, name: 'production', network: '10.20.0.0/16' },
  ],
  environments: [
    { ...environment, name: 'dev', domain: 'dev.example.org' },
    { ...environment, name: 'staging', after: 'dev', domain: 'staging.example.org', replicas: 2 },
    {
      ...environment,
      ...{ name: 'production', cluster: 'production', after: 'staging', domain: 'example.org' },
      ...{ replicas: 2, production: true },
    },
    { ...environment, name: 'platform-nonprod', scope: 'cluster', domain: 'nonprod.example.org' },
    {
      ...environment,
      ...{ name: 'platform-production', cluster: 'production', scope: 'cluster', after: 'platform-nonprod' },
      ...{ domain: 'production.example.org', replicas: 2, production: true },
    },
  ],
};
export const environmentsOf = (scope: unknown) =>
  places.environments.filter((one) => ('scope' in one ? one.scope : 'environment') === (scope ?? 'environment'));

export const input: RenderInput = {
  builds: { service: { tree: 'a'.repeat(40), version: '1.0.7', commit: 'b'.repeat(40) } },
  images: {},
  known: {},
  taken: [],
};

/** What a commit is that has these apps and nothing else. */
export const commitOf = (list: readonly Legal[]): Definitions => ({
  ...places,
  apps: new Map(list.map(({ name, app }) => [name, () => app])),
  read: (name, file) => list.find((one) => one.name === name)?.files[file] ?? '',
});

const letter = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz');
const alphanumeric = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789');
const inner = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789-');
const longest = 'a-name-of-forty-letters-is-the-longest-1';
const label = fc.oneof(
  fc.tuple(letter, fc.string({ unit: inner, maxLength: 12 }), alphanumeric).map((parts) => parts.join('')),
  letter,
  fc.constant(longest),
);
/** An app's account is named like it, and the policy `default-service-account` wants it to be the app's own. */
const appName = label.filter((name) => name !== 'default');

/** A record of which any optional field may be missing; where it is `whole`, none is. */
const record = (whole: boolean, required: Arbitraries, optional: Arbitraries = {}): fc.Arbitrary<Fields> =>
  whole
    ? fc.record({ ...required, ...optional })
    : fc.record({ ...required, ...optional }, { requiredKeys: Object.keys(required) });
type Arbitraries = Readonly<Record<string, fc.Arbitrary<unknown>>>;

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom('', ' ', 'yes', '0123', '1e3', 'null', '~', '- a', 'a: b # c', '{{ x }}', '$(PORT)', 'two\nlines\n'),
  fc.constantFrom(' begins with a space\n\n\n', "it's", '"', '\\', '\t', '\u2028', '\ufeffBOM', '🛫', 'é', '---\n...'),
);
const words = fc.array(text, { maxLength: 3 });
const command = fc.tuple(fc.constantFrom('/bin/run', 'run', './a b'), words).map(([first, rest]) => [first, ...rest]);
const port = fc.oneof(fc.integer({ min: 1, max: 65535 }), fc.constantFrom(1, 80, 8080, 65535));
const url = fc
  .array(fc.constantFrom('api', 'v1', 'a_b', 'a.b', '~x', 'A', 'readyz'), { maxLength: 3 })
  .map((steps) => `/${steps.join('/')}`);
const count = fc.oneof(fc.integer({ min: 1, max: 999 }), fc.constant(1));
const united = (...units: readonly string[]) =>
  fc.tuple(count, fc.constantFrom(...units)).map(([number, unit]) => `${number}${unit}`);
const size = united('Mi', 'Gi', 'Ti');
const time = united('s', 'm', 'h', 'd');
const need = fc.record({
  cpu: fc.oneof(united('m'), fc.constantFrom('1', '0.5', '2.125')),
  memory: united('Ki', 'Mi', 'Gi'),
});
// A name such as API_TOKEN is one that the policy `tokens` looks behind.
const variable = fc.oneof(
  fc.constantFrom('MODE', 'LOG_LEVEL', 'PORT', 'VERSION', 'HTTP_2', 'A'),
  fc.string({ unit: fc.constantFrom(...'ABCDEFG_0123'), maxLength: 6 }).map((rest) => `X${rest}`),
);
const env = fc.dictionary(variable, text, { maxKeys: 3, noNullPrototype: true });
const repository = fc.tuple(fc.constantFrom(registry, 'docker.io/library'), label).map((two) => two.join('/'));
const tag = fc.oneof(
  fc.constantFrom('1', 'v1.2.3', '8.2-alpine', '_1', 'LTS', '1_', '1.0-', 'x'.repeat(128), '20240101T000000Z'),
  fc.string({ unit: fc.constantFrom(...'abcXYZ019._-'), maxLength: 8 }).map((rest) => `1${rest}`),
);
const pinned = fc.tuple(repository, tag).map(([name, version]) => `${name}:${version}@${digest}`);
const built = fc.record({ repository, build: fc.constant('service') });

const step = fc.oneof(
  fc.constantFrom('tmp', '.cache', 'Data', 'data', 'a.b', 'a-b', 'a_b', 'a-', '-a', '_', '0', 'a..b'),
  fc.constant('a-folder-whose-name-is-longer-than-the-name-of-any-volume-may-be'),
  label,
);
const file = fc.array(step, { minLength: 1, maxLength: 3 }).map((steps) => `/${steps.join('/')}`);

const container = (whole: boolean) =>
  record(whole, { name: label }, { command, args: words, env, resources: need, image: pinned });
const secret = fc.record({
  name: fc.constantFrom('production/counter/token', 'a', 'a+b=c.d@e_f-g'),
  version: fc.constantFrom('a'.repeat(32), '0b9f4a6e-3c0d-4f0e-9a54-0c5d2a1b7e11'),
});
const secrets = fc.dictionary(fc.constantFrom('token', 'tls.crt', 'A_b', '0'), secret, {
  ...{ minKeys: 1, maxKeys: 2, noNullPrototype: true },
});

/** Files, scratch folders and the like, no two at one place or with one name, and none where secrets are. */
function mounts(fields: readonly string[]): fc.Arbitrary<Fields> {
  const values: Arbitraries = {
    files: fc.oneof(
      { weight: 4, arbitrary: text },
      fc.constantFrom({ computed: 'prometheus' }, { computed: 'platform-rules' }, { computed: 'gatherer' }),
    ),
    scratch: size,
    node: fc.constantFrom('/var/log', '/var/log/pods', '/sys'),
  };
  const one = fc.tuple(
    file.filter((path) => !path.startsWith('/secrets')),
    fc.constantFrom(...fields),
  );
  return fc.uniqueArray(one, { maxLength: 4, selector: ([path]) => volumeName('', path) }).chain((list) =>
    fc.tuple(...list.map(([, field]) => values[field] as fc.Arbitrary<unknown>)).map((given) => {
      const found: Record<string, Record<string, unknown>> = {};
      for (const [index, [path, field]] of list.entries()) found[field] = { ...found[field], [path]: given[index] };
      return found;
    }),
  );
}

/** Right one by one, and together. Where `ported` is false the app has no port of its own. */
const served = (whole: boolean, ported: boolean) => {
  const probe = ported ? fc.oneof(url, command) : command;
  const metrics = record(whole, ported ? {} : { port }, ported ? { port, path: url } : { path: url });
  return record(whole, {}, { ready: probe, live: probe, metrics });
};
/** `scale.max` is above every `replicas`. */
const serving = (whole: boolean) =>
  record(
    whole,
    {},
    {
      // Production wants two pods (policy `two-replicas`).
      replicas: fc.integer({ min: 2, max: 20 }),
      scale: record(
        whole,
        { max: fc.integer({ min: 21, max: 100 }) },
        { cpu: fc.integer({ min: 1, max: 100 }), memory: fc.integer({ min: 1, max: 100 }) },
      ),
    },
  );
const migration = (whole: boolean) =>
  record(whole, { deadline: time, reversible: fc.boolean() }, { command, args: words, env, resources: need });
const host = fc.tuple(label, fc.constantFrom('example.com', 'a.b', 'x-y.co.uk')).map((two) => two.join('.'));

const value = fc.oneof(
  fc.constant('*'),
  fc.integer({ min: 1, max: 6 }).map(String),
  fc.constantFrom('*/5', '1-5', '1,3,5', '1-5/2', '2-4,6'),
);
const schedule = fc
  .tuple(
    fc.oneof(value, fc.constantFrom('0', '59', '0-59/7')),
    fc.oneof(value, fc.constantFrom('0', '23', '8-18')),
    fc.oneof(value, fc.constant('31')),
    fc.oneof(value, fc.constantFrom('12', 'JAN', 'jan-mar', 'Jun,Dec')),
    fc.oneof(value, fc.constantFrom('0', 'SUN', 'mon-fri', 'Sat')),
  )
  .map((fields) => fields.join(' '));
const timeZone = fc.constantFrom(
  ...['Etc/UTC', 'UTC', 'GMT', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'America/Port-au-Prince'],
  ...['Etc/GMT+5', 'EST5EDT', 'NZ-CHAT', 'Etc/GMT0'],
);

/** Policies that an app may be excused from though it breaks none of them: that is for a review to say. */
const excuse = (whole: boolean, policies: fc.Arbitrary<string>) =>
  record(
    whole,
    {
      policy: policies,
      reason: fc.constantFrom('It must be so, for now.', 'ten chars.'),
      owner: label,
      until: fc.constantFrom('2027-01-31', '2028-02-29', '1999-12-31'),
    },
    { object: fc.constantFrom('Deployment/shop', 'Service/a.b') },
  );
const idle = fc.constantFrom('host-path', 'names', 'single-store', 'tokens');
/** What these break, they break everywhere: their excuses name no object. */
const excused = (...policies: readonly string[]) =>
  policies.map((policy) => ({
    ...{ policy, reason: 'It is what this app is for.', owner: 'team-a', until: '2027-01-31' },
  }));

const patch = fc.constantFrom(
  (objects: readonly unknown[]) => objects,
  (objects: readonly { metadata: { annotations?: object } }[], environment: string) =>
    objects.map((one) => ({
      ...one,
      metadata: { ...one.metadata, annotations: { ...one.metadata.annotations, 'example.com/in': environment } },
    })),
);

/** Both clusters are EKS: what does not run there shows only that its part is empty. */
const profiles = fc.oneof(
  { weight: 7, arbitrary: fc.constantFrom(['eks'], ['eks', 'local'], ['local', 'eks']) },
  { weight: 1, arbitrary: fc.constant(['local']) },
);

const watchers = fc.oneof(
  { weight: 7, arbitrary: fc.constantFrom(['slipway'], ['slipway', 'operator'], ['none', 'slipway']) },
  { weight: 1, arbitrary: fc.constant(['operator']) },
);

/** The fields that every kind has, beside its name. */
const common = (whole: boolean) =>
  record(
    whole,
    { owner: label },
    { profiles, monitoring: watchers, excuses: fc.array(excuse(whole, idle), { maxLength: 2 }), patch },
  );
const scope = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Fields>({}) },
  fc.constant<Fields>({ scope: 'environment' }),
  fc.constantFrom('agents', 'monitoring').map((namespace): Fields => ({ scope: 'cluster', namespace })),
);

/** What every container of an app has, and may have otherwise in one environment. */
function started(whole: boolean, name: string): fc.Arbitrary<Fields> {
  const containers = fc
    .uniqueArray(
      container(whole).filter((one) => one.name !== name),
      { minLength: whole ? 2 : 0, maxLength: 3, selector: (one) => one.name },
    )
    .map((list) => (list.length === 0 ? {} : { before: list.slice(1), beside: list.slice(0, 1) }));
  const calls = fc.uniqueArray(
    label.filter((one) => one !== name),
    { maxLength: 2 },
  );
  const right = record(
    whole,
    {
      resources: fc.subarray(['pods', 'pods/log', 'configmaps', 'widgets/status'], { minLength: 1 }),
      verbs: fc.subarray(['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'], {
        minLength: 1,
      }),
    },
    { group: fc.constantFrom('', 'batch', 'apps', 'example.com', 'a-b.x-y.org') },
  );
  const others = record(
    whole,
    {},
    {
      ...{ command, args: words, env, resources: need, calls },
      outside: fc.array(port, { maxLength: 2 }),
      rights: fc.array(right, { maxLength: 2 }),
      // Root wants excuses, which are the same everywhere: agents have them.
      user: fc.record({ uid: fc.integer({ min: 1, max: 2 ** 31 - 1 }), gid: fc.integer({ min: 0, max: 2 ** 31 - 1 }) }),
      processors: fc.subarray(['arm64', 'amd64'], { minLength: 1 }),
      traces: fc.boolean(),
      alerts: fc.uniqueArray(alert(whole), { maxLength: 2, selector: (one) => one.name }),
      grace: fc.integer({ min: 1, max: 600 }),
    },
  );
  return merged(containers, others);
}

/** All at once; of two that have a field the later one wins. */
const merged = (...list: readonly fc.Arbitrary<Fields>[]): fc.Arbitrary<Fields> =>
  fc.tuple(...list).map((parts) => Object.assign({}, ...parts) as Fields);

/** What differs by environment. Records are added to: what is added stands at places of its own. */
const overrides = (base: Fields, changes: fc.Arbitrary<Fields>): fc.Arbitrary<Fields> => {
  const names = environmentsOf(base.scope).map(({ name }) => name);
  const own = (fields: Fields): Fields =>
    Object.fromEntries(
      Object.entries(fields).map(([field, given]) => [
        field,
        ['files', 'scratch', 'node'].includes(field) && !Array.isArray(given)
          ? Object.fromEntries(Object.entries(given as object).map(([path, one]) => [`${path}/0wn`, one]))
          : given,
      ]),
    );
  return fc.oneof(
    fc.constant(base),
    fc
      .dictionary(fc.constantFrom(...names), changes.map(own), { maxKeys: 2, noNullPrototype: true })
      .map((given) => ({ ...base, in: given })),
  );
};

const image = fc.oneof(pinned, built);
/** Where a pinned image comes from. */
const source = fc.record({
  repository: fc.constantFrom('https://git.example.org/shop', 'https://git.example.org:8443/a/b~c.git'),
  commit: fc.constantFrom('c'.repeat(40), 'd'.repeat(64)),
});

const percent = fc.oneof(fc.constantFrom(50, 99.9, 99.95), fc.integer({ min: 50, max: 99 }));
const latency = fc.record({ share: percent, within: fc.constantFrom(0.005, 0.25, 10) });
/** A line of text, and what another language would read in it. */
const spoken = fc.constantFrom('<title>Shop</title>', "it's", '"', '\\', '{{ x }}', '$(PORT)', 'a: b # c', '.*', '🛫');
const alert = (whole: boolean) =>
  record(
    whole,
    {
      name: fc.constantFrom('ShopCannotSell', 'ShopIsEmpty', 'QueueGrows'),
      expr: fc.constantFrom('up == 0', 'min by (namespace) (up{namespace="$namespace", app="$app"})\n  == 0'),
      ...{ for: time, severity: fc.constantFrom('page', 'ticket') },
      summary: spoken.map((one) => `Nobody can buy ${one}`),
      look: spoken.map((one) => `Look at the queue.\n\n${one}`),
    },
    { runbook: fc.constant('https://wiki.example.org/shop#queue') },
  );

const web = (whole: boolean, name: string) => {
  const variable = merged(
    started(whole, name),
    mounts(['files', 'scratch']),
    serving(whole),
    record(
      whole,
      {},
      {
        ...{ ready: url, live: url, metrics: record(whole, {}, { port, path: url }), migration: migration(whole) },
        hosts: fc.uniqueArray(host, { maxLength: 2 }),
        path: url,
        objective: fc.oneof(percent, record(whole, { availability: percent }, { latency })),
        probe: record(whole, {}, { path: url, text: spoken, version: url }),
      },
    ),
  );
  return { fixed: { image, port }, variable };
};
const worker = (whole: boolean, name: string, ported: boolean) => {
  const variable = merged(
    started(whole, name),
    mounts(['files', 'scratch']),
    serving(whole),
    served(whole, ported),
    record(whole, {}, { migration: migration(whole) }),
  );
  return { fixed: { image, ...(ported ? { port } : {}) }, variable };
};
const job = (whole: boolean, name: string) => {
  const variable = merged(
    started(whole, name),
    mounts(['files', 'scratch']),
    record(
      whole,
      {},
      { timeZone, retries: fc.integer({ min: 0, max: 10 }), metrics: record(whole, { port }, { path: url }) },
    ),
  );
  return { fixed: { image, schedule, deadline: time }, variable };
};
const store = (whole: boolean, name: string) => {
  const variable = merged(started(whole, name), mounts(['files', 'scratch']), served(whole, true));
  const volume = record(whole, { path: fc.constantFrom('/volume', '/volume/a.b'), size }, { class: label });
  // In production a store runs alone only where it says so (policy `two-replicas`).
  return { fixed: { image, port, volume, single: fc.constant(true) }, variable };
};
const agent = (whole: boolean, name: string, ported: boolean) => {
  const variable = merged(
    started(whole, name),
    mounts(['files', 'scratch', 'node']),
    served(whole, ported),
    record(whole, {}, { user: fc.constantFrom({ uid: 0, gid: 0 }, { uid: 1, gid: 0 }) }),
  );
  const excuses = fc.constant(excused('host-path', 'run-as-non-root', 'run-as-non-root-pod', 'run-as-user-pod'));
  return { fixed: { image, excuses, ...(ported ? { port } : {}) }, variable };
};

type Kind = (whole: boolean, name: string, ported: boolean) => { fixed: Arbitraries; variable: fc.Arbitrary<Fields> };

/** What runs a container: what is given once, what may differ, and how it differs. */
const program = (kind: string, parts: Kind): fc.Arbitrary<Legal> =>
  fc.tuple(fc.boolean(), fc.boolean(), appName).chain(([whole, ported, name]) => {
    const { fixed, variable } = parts(whole, name, ported);
    const { image: _, excuses: __, ...movable } = fixed;
    // Secrets are read with the rights of an identity.
    const rights = fc.oneof(
      fc.constant<Fields>({}),
      fc.record({ identity: label }),
      fc.record({ identity: label, secrets }),
    );
    const identity = whole ? fc.record({ identity: label, secrets }) : rights;
    return merged(common(whole), scope, fc.record(fixed), variable, identity)
      .chain((base) =>
        typeof base.image === 'string'
          ? record(whole, {}, { source }).map((more) => ({ ...base, ...more }))
          : fc.constant(base),
      )
      .chain((base) =>
        base.scope === 'cluster'
          ? record(
              whole,
              { scrapes: fc.boolean() },
              kind === 'worker' && ported ? { serves: fc.constant('environments') } : {},
            ).map((more) => ({ ...base, ...more }))
          : fc.constant(base),
      )
      .chain((base) => {
        const more = { ...movable, identity: label, ...(base.identity === undefined ? {} : { secrets }) };
        const changes = merged(parts(false, name, ported).variable, record(false, {}, more));
        return overrides({ kind, name, ...base }, changes);
      })
      .map((app) => ({ name, app: permitted(measured(app)), files: {} }));
  });

/** Whoever promises something is measured, in every environment. */
function measured(app: Fields): Fields {
  const inside = Object.values((app.in ?? {}) as Readonly<Record<string, Fields>>);
  const promises = [app, ...inside].some(({ objective }) => objective !== undefined);
  return promises && app.metrics === undefined ? { ...app, metrics: {} } : app;
}

/** What its place allows: the node's files and root, for which no excuse helps elsewhere; spans of environments alone. */
const permitted = (app: Fields): Fields =>
  without(app, [
    ...(app.kind === 'agent' && app.namespace !== 'agents' ? ['node', 'user'] : []),
    ...(app.scope === 'cluster' ? ['traces'] : []),
  ]);

function without(app: Fields, fields: readonly string[]): Fields {
  const rest: Fields = Object.fromEntries(Object.entries(app).filter(([field]) => !fields.includes(field)));
  if (rest.in === undefined) return rest;
  const inside = Object.entries(rest.in as Readonly<Record<string, Fields>>);
  return { ...rest, in: Object.fromEntries(inside.map(([name, one]) => [name, without(one, fields)])) };
}

const yaml = fc.uniqueArray(label, { minLength: 1, maxLength: 3 }).map((names) => ({
  names,
  text: names
    .map((name) => `---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  a: b\n`)
    .join(''),
}));
const manifests: fc.Arbitrary<Legal> = fc
  .tuple(
    ...([
      fc.boolean(),
      appName,
      fc.uniqueArray(fc.constantFrom('a.yaml', 'b/c.yml', '0.yaml'), { minLength: 1 }),
    ] as const),
    ...([yaml, fc.constantFrom('1', 'v1.0', '1.0_', 'x'.repeat(63))] as const),
  )
  .chain(([whole, name, files, { text }, version]) =>
    merged(common(whole), scope)
      .chain((base) =>
        overrides(
          // One object stands in one file of an app.
          { kind: 'manifests', name, ...base, files, version },
          record(false, {}, { version: fc.constantFrom('2', 'v3'), files: fc.constant(files.slice(0, 1)) }),
        ),
      )
      .map((app) => ({
        name,
        app,
        files: Object.fromEntries(files.map((one, at) => [one, at === 0 ? text : '---\n'])),
      })),
  );
// What provides argocd is known by its name.
const provided: fc.Arbitrary<readonly [provides: string, name: string]> = fc.oneof(
  fc.constant(['argocd', 'argocd'] as const),
  fc.tuple(fc.constantFrom('classes', 'namespaces', 'policies', 'monitoring', 'dashboards'), appName),
);
const platform: fc.Arbitrary<Legal> = fc.tuple(fc.boolean(), provided).chain(([whole, [provides, name]]) =>
  merged(common(whole), record(whole, { provides: fc.constant(provides) }, { namespace: fc.constant('agents') })).map(
    (base) => ({
      name,
      app: { kind: 'platform', name, ...base, scope: 'cluster' },
      files: {},
    }),
  ),
);

/** Every kind, with any of its fields. */
export const legal: fc.Arbitrary<Legal> = fc.oneof(
  { weight: 4, arbitrary: program('web', web) },
  { weight: 3, arbitrary: program('worker', worker) },
  { weight: 2, arbitrary: program('job', job) },
  { weight: 2, arbitrary: program('store', store) },
  { weight: 2, arbitrary: program('agent', agent) },
  { weight: 1, arbitrary: manifests },
  { weight: 1, arbitrary: platform },
);

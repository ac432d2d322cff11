import fc from 'fast-check';
import { environmentsOf, type Fields, type Legal, legal } from './definitions.fixture.ts';

/** One thing that is wrong with a definition. */
export interface Mistake {
  /** What it changes: two mistakes that meet may be one. */
  readonly touches: readonly Path[];
  /** What must be right for it to be seen. @default nothing */
  readonly needs?: readonly Path[];
  readonly make: (app: Draft) => void;
  /** The field that must be named. */
  readonly path: Path;
  /** What must be said of it: its value, or the name that was meant. */
  readonly says: string;
}
type Path = readonly (string | number)[];
type Draft = Record<string | number, unknown>;

/** What the manual says of a field, and how it can be wrong. */
type Shape = Struct | List | Names | Leaf;
interface Struct {
  readonly fields: Readonly<Record<string, Shape>>;
  readonly required: readonly string[];
}
interface List {
  readonly item: Shape;
}
interface Names {
  readonly each: Shape;
  /** Names that are none. */
  readonly illegal: readonly string[];
}
interface Leaf {
  readonly wrong: readonly unknown[];
}

const leaf = (...wrong: readonly unknown[]): Leaf => ({ wrong });
const struct = (fields: Readonly<Record<string, Shape>>, ...required: readonly string[]): Struct => ({
  fields,
  required,
});
const circle: Record<string, unknown> = {};
circle.self = circle;

const text = leaf(5, null, true, { a: 1 }, 1n, circle);
const label = leaf('', 'Shop', 'a b', 'a_b', '-a', 'a-', 'a'.repeat(41), 7, null, ['a']);
const whole = (least: number, most: number) =>
  leaf(least - 1, most + 1, 1.5, -1, String(least), '', null, Number.NaN, Number.POSITIVE_INFINITY, [least], 10n);
const port = whole(1, 65535);
const words: Shape = { item: text };
const command = leaf([], 'run', 5, null);
const path = leaf('readyz', '', 'http://a/b', '/a b', 5, null);
const probe = leaf('readyz', '', '/a b', 5, null, []);
const size = leaf('64', '64 Mi', '64MB', '10G', '-1Gi', '1.5Gi', '', 64, null);
const time = leaf('soon', '10', '10 m', '1.5h', '-1m', '', 10, null, {});
const illegalFiles = ['a.txt', 'a/b', '/a b', '/', '/a//b', '/a/../b', '/..a', ''];
const resources = struct(
  {
    cpu: leaf('1 core', '100 m', '0,5', 'half', '-1', '', 1, null),
    memory: leaf('1GB', '128', '128 Mi', '1G', '-1Mi', '', 128, null),
  },
  'cpu',
  'memory',
);
const env: Names = { each: text, illegal: ['a-b', 'lower', '1A', ''] };
const pinned = leaf('redis', 'r/shop', 'r/shop:latest', 'r/shop@sha256:12', ':::', '', 5, null);
const run = { command, args: words, env, resources };
const migration = struct({ ...run, deadline: time, reversible: leaf('yes', 1, null) }, 'deadline', 'reversible');
const container = struct({ ...run, name: label, image: pinned }, 'name');
const secret = struct(
  { name: leaf('', 'a b', 'a:b', 5, null), version: leaf('', '1', 'AWSCURRENT', 'a'.repeat(65), 5, null) },
  'name',
  'version',
);
const user = struct({ uid: whole(0, 2 ** 31 - 1), gid: whole(0, 2 ** 31 - 1) }, 'uid', 'gid');
const scale = struct({ max: whole(1, 100), cpu: whole(1, 100), memory: whole(1, 100) }, 'max');
const metrics = struct({ port, path });
const right = struct(
  {
    group: leaf('*', 'Batch', 'a b', '.a', 'a/b', 5, null),
    resources: { item: leaf('*', 'pods/*', 'Pod', 'pods/', '/log', 'a b', '', 5, null) },
    verbs: { item: leaf('*', 'read', 'gte', 'escalate', 'Get', '', 5, null) },
  },
  'resources',
  'verbs',
);
const truth = leaf('yes', 1, null);
const share = leaf(100, 49.9, -1, '99.9', Number.NaN, null);
const objective = struct(
  { availability: share, latency: struct({ share, within: leaf(0, 0.3, 11, '0.25', null) }, 'share', 'within') },
  'availability',
);
const alert = struct(
  {
    ...{
      name: leaf('shop', 'Shop', 'shopCannotSell', 'Shop Sells', 'SHOP', '', 5, null),
      expr: leaf('', ' ', 5, null),
    },
    ...{ for: time, severity: leaf('pgae', 'critical', '', 5, null) },
    ...{ summary: leaf('', 'short', 'x'.repeat(1001), 5, null), look: leaf('', 'short', 5, null) },
    runbook: leaf('', 'http://a.b/c', 'a.md', 'https://a b', 5, null),
  },
  ...['name', 'expr', 'for', 'severity', 'summary', 'look'],
);
const volume = struct({ path: leaf('data', '', '/a b', '/', 5, null), size, class: label }, 'path', 'size');

/** What may differ by environment. */
const program = {
  ...run,
  files: { each: leaf(5, null, true, 1n), illegal: illegalFiles },
  secrets: { each: secret, illegal: ['', '.a', 'a/b', 'a b'] },
  scratch: { each: size, illegal: illegalFiles },
  user,
  before: { item: container },
  beside: { item: container },
  calls: { item: leaf('', 'Shop', 'a b', 'a_b', '-a', 'a-', 'a.b.c', '.a', 'a.', 'a'.repeat(41), 7, null, ['a']) },
  outside: { item: port },
  identity: label,
  rights: { item: right },
  metrics,
  scrapes: truth,
  traces: truth,
  alerts: { item: alert },
  processors: { item: leaf('arm', 'amd46', 'x86', '', 64, null) },
  grace: whole(1, 600),
};
const serving = { replicas: whole(1, 100), scale };
const own: Readonly<Record<string, Struct>> = {
  web: struct(
    {
      ...{ ...program, ...serving, port, ready: path, live: path, path, migration },
      hosts: { item: leaf('shop', 'https://a.b', 'a.b/c', 'A.b', '*.a.b', 'a..b', '', 5, null) },
      probe: struct({ path, text: leaf('', ' ', 'two\nlines', 'x'.repeat(201), 5, null), version: path }),
    },
    'port',
  ),
  worker: struct({
    ...program,
    ...serving,
    port,
    serves: leaf('enviroments', 'all', '', true, null),
    ready: probe,
    live: probe,
    migration,
  }),
  job: struct(
    {
      ...program,
      schedule: leaf('nightly', '@daily', '* * * *', '60 * * * *', '* 24 * * *', '* * * * 7', '', 5, null),
      timeZone: leaf('utc', 'Europe/', 'Mars Time', '+02:00', '', 2, null),
      deadline: time,
      retries: whole(0, 10),
    },
    'schedule',
    'deadline',
  ),
  store: struct(
    { ...program, port, ready: probe, live: probe, volume, single: leaf('yes', 1, null) },
    'port',
    'volume',
  ),
  agent: struct({
    ...{ ...program, port, ready: probe, live: probe },
    node: { each: leaf('var/log', '', '/', '/a/../b', 5, null), illegal: illegalFiles },
  }),
  manifests: struct(
    {
      files: { item: leaf('a.txt', '/a.yaml', '../a.yaml', 'a/../../b.yaml', 'A.yaml', '', 5, null) },
      version: leaf('', '-1', '1 0', 'x'.repeat(64), 1, null),
    },
    'files',
    'version',
  ),
  platform: struct({ provides: leaf('classses', 'everything', '', 5, null) }, 'provides'),
};
const excuse = struct(
  {
    policy: leaf('host-pth', 'two-replica', '', 5, null),
    reason: leaf('', 'no', 5, null),
    owner: label,
    until: leaf('later', '2027-02-30', '31.01.2027', '2027-1-1', '', 2027, null),
    object: leaf('collector', 'DaemonSet', 'DaemonSet/', 'daemonset/a', '', 5, null),
  },
  ...['policy', 'reason', 'owner', 'until'],
);
const fixed = {
  name: leaf('Shop', '', 'a_b', 'another', 5, null, 'a'.repeat(41)),
  owner: label,
  scope: leaf('galaxy', 'enviroment', '', 5, null),
  monitoring: { item: leaf('slipwy', 'prometheus', 'Operator', '', 5, null) },
  profiles: { item: leaf('esk', 'locl', 'Local', 'aws', '', 5, null) },
  excuses: { item: excuse },
  patch: leaf('yes', 5, null, {}),
};
const image = struct(
  { repository: leaf('', 'A/b', 'a b', '/a', 5, null), build: leaf('', 'a/b', 'Service', 5, null) },
  ...['repository', 'build'],
);

const source = struct(
  {
    repository: leaf(
      '',
      'git@a.b:c/d',
      'http://a.b/c',
      'https://me:key@a.b/c',
      'https://a.b',
      'https://a.b/c d',
      5,
      null,
    ),
    commit: leaf('', 'main', 'a'.repeat(39), 'A'.repeat(40), 5, null),
  },
  ...['repository', 'commit'],
);

/** Everything that may be wrong with a definition, one mistake each. */
export function mistakesOf({ app }: Legal): Mistake[] {
  const kind = String(app.kind);
  const mine = own[kind] as Struct;
  const runs = kind !== 'manifests' && kind !== 'platform';
  const images = runs ? { image: typeof app.image === 'string' ? pinned : image } : {};
  // It may be a number, too.
  const promises = kind === 'web' && { objective: typeof app.objective === 'object' ? objective : share };
  const promised: Readonly<Record<string, Shape>> = promises || {};
  const root = struct(
    { ...mine.fields, ...promised, ...fixed, ...images, ...(typeof app.image === 'string' ? { source } : {}) },
    ...['name', 'owner', ...mine.required, ...Object.keys(images), ...(kind === 'platform' ? ['scope'] : [])],
  );
  const there = kind === 'platform' ? [] : Object.keys((app.in ?? {}) as object);
  const inside = there.flatMap((name) => within(struct(mine.fields), (app.in as Fields)[name], ['in', name]));
  const environments = kind === 'platform' ? [] : ofEnvironments(app);
  const kinds = Object.keys(own).map((one) => `'${one}'`);
  const misspelt = typos(kind).map((typo) =>
    set(
      ['kind'],
      typo,
      `is "${typo}": Invalid discriminator value. Expected ${kinds.join(' | ')}; did you mean ${kind}?`,
    ),
  );
  return [
    ...misspelt,
    ...within(root, app, []),
    // Which environments an app has depends on its scope.
    ...[...inside, ...environments].map((one) => ({ ...one, needs: [['scope']] })),
    ...(runs ? contradictions(app) : []),
  ];
}

const set = (at: Path, value: unknown, says: string): Mistake => ({
  path: at,
  says,
  touches: [at],
  make: (app) => {
    const last = at.at(-1) as string;
    let here = app;
    for (const step of at.slice(0, -1)) {
      here[step] ??= {};
      here = here[step] as Draft;
    }
    if (value === gone) delete here[last];
    else here[last] = value;
  },
});
const gone = Symbol('gone');

function within(shape: Shape, value: unknown, at: Path): Mistake[] {
  if ('wrong' in shape) return shape.wrong.map((one) => set(at, one, isValue(one)));
  if ('item' in shape) {
    const list = Array.isArray(value) ? value : [];
    return [
      ...(at.length > 0 ? ['x', 5, null, {}].map((one) => set(at, one, isValue(one))) : []),
      ...list.flatMap((one, index) => within(shape.item, one, [...at, index])),
    ];
  }
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Fields;
  const others = ['x', 5, null, [1]].map((one) => set(at, one, isValue(one)));
  if ('each' in shape) {
    const keys = shape.illegal.map((key) =>
      set([...at, key], Object.values(fields)[0] ?? 'a', 'is not a legal name: '),
    );
    return [...others, ...keys, ...Object.keys(fields).flatMap((key) => within(shape.each, fields[key], [...at, key]))];
  }
  const misspelt = Object.keys(fields)
    .filter((key) => Object.hasOwn(shape.fields, key))
    .flatMap((key) => typos(key).map((typo) => renamed(at, key, typo)));
  const missing = shape.required
    .filter((key) => Object.hasOwn(fields, key))
    .map((key) => set([...at, key], gone, 'is missing'));
  const strange = set([...at, 'zzzzzz'], 1, 'is not known; is it misspelt?');
  const inner = Object.entries(shape.fields).flatMap(([key, one]) =>
    // What is not there can be there and wrong.
    within(one, fields[key], [...at, key]),
  );
  const here = at.length === 0 || (at[0] === 'in' && at.length === 2) ? [] : others;
  return [...here, ...misspelt, ...missing, strange, ...inner];
}

/** A letter twice, two swapped, one left out. */
function typos(key: string): string[] {
  const [first = '', second = '', ...rest] = key;
  const last = key.at(-1) ?? '';
  return [first + key, key + last, second + first + rest.join(''), key.slice(0, -1)].filter(
    // `pathh` may be `path` or `patch`.
    (typo) => typo !== key && typo.length > 1 && typo !== 'pathh',
  );
}

const renamed = (at: Path, key: string, typo: string): Mistake => ({
  path: [...at, typo],
  touches: [
    [...at, key],
    [...at, typo],
  ],
  says: `is not known; did you mean ${key}?`,
  make: (app) => {
    const here = at.reduce<Draft>((inside, step) => inside[step] as Draft, app);
    here[typo] = here[key];
    delete here[key];
  },
});

/** What is said of a value, as far as its text is the same everywhere. */
function isValue(value: unknown): string {
  if (typeof value === 'bigint') return `is ${value}n`;
  if (value === circle) return 'is <ref';
  return `is ${typeof value === 'number' ? value : JSON.stringify(value)}`;
}

function ofEnvironments(app: Fields): Mistake[] {
  const [{ name }] = environmentsOf(app.scope) as unknown as [{ name: string }];
  const other = app.scope === 'cluster' ? 'dev' : 'platform-nonprod';
  const unknown = ['prodution', 'nowhere', other].map((one) =>
    set(['in', one], {}, 'is not an environment of this app; '),
  );
  const same = [
    'kind',
    'name',
    'owner',
    'scope',
    'namespace',
    'profiles',
    'monitoring',
    'image',
    'source',
    'excuses',
    'patch',
    'in',
  ].map((one) => set(['in', name, one], app[one] ?? 'a', 'is the same in every environment'));
  const why = app.scope === 'cluster' ? ', which cluster nonprod does not list' : ': an app of an environment lives in';
  const places = ['monitorin', 'nowhere'].map((one) => set(['namespace'], one, `is ${JSON.stringify(one)}${why}`));
  const shapeless = [['in'], ['in', name]].flatMap((at) => ['x', 5, null, []].map((one) => set(at, one, isValue(one))));
  return [...unknown, ...same, ...places, ...shapeless];
}

/** Right one by one, and not together. */
function contradictions(app: Fields): Mistake[] {
  const found: Mistake[] = [];
  const add = (touches: readonly string[], changes: Fields, path: Path, says: string) =>
    found.push({
      path,
      says,
      touches: touches.map((one) => [one]),
      make: (draft) => void Object.assign(draft, changes),
    });
  const { name, port } = app;
  add(['calls', 'name'], { calls: [name] }, ['calls', 0], `is "${name}": the app itself needs no call`);
  add(['calls'], { calls: ['x-1', 'x-1'] }, ['calls', 1], 'is "x-1" a second time');
  add(
    ['before', 'beside', 'name'],
    { before: [{ name }], beside: [] },
    ['before', 0, 'name'],
    `is "${name}", which another container has`,
  );
  add(
    ['before', 'beside'],
    { before: [{ name: 'x-1' }], beside: [{ name: 'x-1' }] },
    ['beside', 0, 'name'],
    'is "x-1", which another container has',
  );
  add(
    ['files', 'scratch', 'volume', 'node', 'secrets'],
    { files: { '/x-1': '' }, scratch: { '/x-1': '1Mi' } },
    ['scratch', '/x-1'],
    'stands at the same place as one of files',
  );
  add(['files'], { files: { '/a/b': '', '/a.b': '' } }, ['files', '/a.b'], 'reads like /a/b');
  add(['scratch'], { scratch: { '/a_b': '1Mi', '/A.b': '1Mi' } }, ['scratch', '/A.b'], 'reads like /a_b');
  if (app.kind === 'agent') add(['node'], { node: { '/1': '/a/b', '/2': '/a.b' } }, ['node', '/2'], 'reads like /a/b');
  add(
    ['secrets', 'identity', 'scratch', 'files', 'node', 'volume'],
    { secrets: { a: { name: 'a', version: 'a'.repeat(32) } }, identity: undefined },
    ['identity'],
    'is missing',
  );
  if (typeof app.image !== 'string')
    add(
      ['source', 'image'],
      { source: { repository: 'https://a.b/c', commit: 'a'.repeat(40) } },
      ['source'],
      'is of no use: its image is built from',
    );
  if (port === undefined)
    add(['metrics', 'port'], { metrics: {} }, ['metrics', 'port'], 'is missing: the app has no port of its own');
  if (app.kind === 'web')
    add(['objective', 'metrics'], { objective: 99, metrics: undefined }, ['objective'], 'is 99: nobody measures');
  if (port === undefined && app.kind !== 'job')
    add(['ready', 'port'], { ready: '/ok' }, ['ready'], 'is "/ok": a path needs a port');
  const alert = { name: 'ShopIsEmpty', expr: 'up == 0', for: '1m', severity: 'page' };
  const told = { ...alert, summary: 'Nobody can buy', look: 'Look at the queue.' };
  add(['alerts'], { alerts: [told, told] }, ['alerts', 1, 'name'], 'is "ShopIsEmpty" a second time');
  if (app.scope !== 'cluster') {
    add(['scrapes', 'scope'], { scrapes: true }, ['scrapes'], 'is true: only an app of scope cluster may');
    if (app.kind === 'worker')
      add(
        ['serves', 'scope', 'port'],
        { serves: 'environments' },
        ['serves'],
        'is "environments": only an app of scope',
      );
    add(['calls', 'scope'], { calls: ['a.b'] }, ['calls', 0], 'is "a.b": an app of an environment calls none of');
  } else add(['traces', 'scope'], { traces: true }, ['traces'], 'is true: the collector takes spans from environments');
  if (app.kind === 'web' || app.kind === 'worker')
    add(['scale', 'replicas', 'in', 'scope'], { scale: { max: 3 }, replicas: 3, in: {} }, ['scale', 'max'], 'is 3: ');
  return found;
}

/** A definition that is no longer legal. */
export interface Mutant extends Legal {
  /** What must be said of it, each at its line. */
  readonly says: readonly string[];
}

const begins = (one: Path, other: Path) => one.every((step, index) => String(step) === String(other[index]));
const overlap = (some: readonly Path[], others: readonly Path[]) =>
  some.some((one) => others.some((other) => begins(one, other) || begins(other, one)));
const meet = (a: Mistake, b: Mistake) =>
  overlap(a.touches, [...b.touches, ...(b.needs ?? [])]) || overlap(a.needs ?? [], b.touches);

/** A legal definition with some mistakes that do not undo one another. */
export const mutants = (most: number): fc.Arbitrary<Mutant> =>
  fc.tuple(legal, fc.array(fc.nat(), { minLength: 1, maxLength: most })).map(([{ name, app, files }, turns]) => {
    const all = mistakesOf({ name, app, files });
    const mistakes: Mistake[] = [];
    for (const turn of turns) {
      const next = all[turn % all.length] as Mistake;
      if (!mistakes.some((other) => meet(other, next))) mistakes.push(next);
    }
    const draft = copied(app) as Draft;
    for (const { make } of mistakes) make(draft);
    const { text, lineOf } = written(draft);
    const says = mistakes.map((one) => `${lineOf(one.path)}: field ${one.path.join('.')} ${one.says}`);
    return { name, app: draft, files: { ...files, 'app.ts': text }, says };
  });

/** A definition as a person writes it, a line for each field and item, and at which line each stands. */
function written(value: unknown): { text: string; lineOf: (path: Path) => number } {
  const lines = ['// The fields are listed in model/app.ts.', 'export const app: App = '];
  const places = new Map<string, number>();
  const key = (path: Path) => JSON.stringify(path.map(String));
  const add = (text: string) => lines.push(`${lines.pop()}${text}`);
  const write = (one: unknown, path: Path) => {
    places.set(key(path), lines.length);
    if (typeof one !== 'object' || one === null || one === circle)
      // What a function does is said elsewhere.
      return add(typeof one === 'string' ? JSON.stringify(one) : typeof one === 'function' ? 'changed' : String(one));
    const isList = Array.isArray(one);
    add(isList ? '[' : '{');
    for (const [name, inner] of Object.entries(one)) {
      lines.push(isList ? '' : `${/^\w+$/.test(name) ? name : JSON.stringify(name)}: `);
      write(inner, [...path, name]);
      add(',');
    }
    return lines.push(isList ? ']' : '}');
  };
  write(value, []);
  // What is missing is looked for where it belongs.
  const lineOf = (path: Path): number => places.get(key(path)) ?? lineOf(path.slice(0, -1));
  return { text: lines.join('\n'), lineOf };
}

/** Functions are left as they are. */
function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, copied(one)]));
}

/** A definition with a value at one of its places: each turn goes on to a field, the last one replaces it. */
export function put(app: Fields, turns: readonly number[], value: unknown): Fields {
  const copy = copied(app) as Draft;
  let here = copy;
  for (const [index, turn] of turns.entries()) {
    const keys = Object.keys(here);
    const key = keys[turn % keys.length] ?? 'more';
    const next = here[key];
    if (index === turns.length - 1 || typeof next !== 'object' || next === null) {
      here[key] = value;
      break;
    }
    here = next as Draft;
  }
  return copy;
}

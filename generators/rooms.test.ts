import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

// The design's rules about who may import whom, held against the code. Types are free: they leave nothing at run time.

const root = join(import.meta.dirname, '..');
const isSource = (path: string) => !/node_modules|\.(test|fixture|pipeline|long)\.ts$/.test(path);
const files = globSync('{apps,clusters,generators,service}/**/*.{ts,mjs}', { cwd: root }).filter(isSource);

interface Import {
  /** Loaded when it is asked for. */
  readonly lazy: boolean;
  readonly from: string;
  readonly to: string;
}

const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(root, from), 'utf8').replace(/^\s*(\/\/|\*).*$/gm, '');
  const statics = [...text.matchAll(/^(?:import|export)\s+(type\s)?[^;'"]*?from\s+'([^']+)'/gm)].filter(
    ([, type]) => !type,
  );
  const bare = [...text.matchAll(/^import\s+'([^']+)'/gm)];
  const dynamic = [...text.matchAll(/\bimport\('([^']+)'\)/g)];
  const resolved = (to: string) => (to.startsWith('.') ? normalize(join(dirname(from), to)) : to);
  const paths = [...statics.map(([, , to]) => to), ...bare.map(([, to]) => to)] as string[];
  return [
    ...paths.map((to) => ({ from, to: resolved(to), lazy: false })),
    ...dynamic.map(([, to]) => ({ from, to: resolved(to as string), lazy: true })),
  ];
});

const inRoom = (path: string, ...rooms: string[]) => rooms.some((room) => path === room || path.startsWith(`${room}/`));
const offending = (rule: (edge: Import) => boolean) =>
  imports.filter(rule).map(({ from, to }) => `${from} imports ${to}`);

test('the imports of this repository are read', () => {
  assert.ok(imports.length > 100);
  assert.ok(imports.some(({ from, to }) => from === 'generators/render.ts' && to === 'generators/charts/charts.ts'));
});

test('nothing imports in a circle', () => {
  const edges = Map.groupBy(imports, ({ from }) => from);
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    assert.ok(!path.includes(file), [...path, file].join(' → '));
    if (done.has(file)) return;
    for (const { to } of edges.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
});

/** What rules and dashboards are held against: no render needs it. */
const catalogue = 'generators/monitoring/catalogue';

test('model, charts, schemas, what clusters are made of, and render touch nothing of the world', () => {
  // The program that makes the catalogues anew is no part of a render.
  const pure = (path: string) =>
    path !== 'generators/schemas/update.ts' &&
    !inRoom(path, catalogue) &&
    inRoom(
      path,
      ...[
        'generators/model',
        'generators/charts',
        'generators/schemas',
        'generators/policies',
        'generators/monitoring',
      ],
      ...['generators/aws', 'generators/bootstrap'],
      ...['generators/render.ts', 'generators/review.ts', 'generators/hydrate.ts'],
    );
  const allowed = (to: string) =>
    pure(to) ||
    ['cdk8s', 'cdk8s-plus-27', 'constructs', 'js-yaml', 'zod', 'node:crypto', 'node:util'].includes(to) ||
    to === '@marcbachmann/cel-js';
  assert.deepEqual(
    offending(({ from, to }) => pure(from) && !allowed(to)),
    [],
  );
  for (const file of files.filter(pure)) {
    assert.doesNotMatch(
      readFileSync(join(root, file), 'utf8'),
      /(?<!-)process\.|Date\.now|new Date\(\)|Math\.random|fetch\(/,
      file,
    );
  }
});

test('schemas know the model and their own catalogues only, and nothing needs what makes these anew', () => {
  const room = ['generators/schemas', 'generators/model'];
  assert.deepEqual(
    offending(({ from, to }) => inRoom(from, 'generators/schemas') && inRoom(to, 'generators') && !inRoom(to, ...room)),
    [],
  );
  assert.deepEqual(
    offending(({ from, to }) => inRoom(from, 'generators/model') && inRoom(to, 'generators/schemas')),
    [],
  );
  assert.deepEqual(
    offending(({ to }) => to === 'generators/schemas/update.ts'),
    [],
  );
});

test('nothing but tests needs the catalogue of series', () => {
  assert.deepEqual(
    offending(({ from, to }) => inRoom(to, catalogue) && !inRoom(from, catalogue)),
    [],
  );
});

test('policies are pure: they need the nouns and CEL, and no noun or door needs them', () => {
  const room = 'generators/policies';
  const allowed = (to: string) =>
    inRoom(to, room, 'generators/model') || ['@marcbachmann/cel-js', 'node:util'].includes(to);
  assert.deepEqual(
    offending(({ from, to }) => inRoom(from, room) && !allowed(to)),
    [],
  );
  // Each policy is a list of facts: it never asks for another one, nor for who judges.
  assert.deepEqual(
    offending(
      ({ from, to }) =>
        inRoom(from, `${room}/list`) &&
        (inRoom(to, `${room}/list`) || /\/(judge|policies|admission|excuse)\.ts$/.test(to)),
    ),
    [],
  );
  assert.deepEqual(
    offending(
      ({ from, to }) =>
        inRoom(to, room) && inRoom(from, 'generators/model', 'generators/git', 'generators/forge', 'generators/live'),
    ),
    [],
  );
  for (const file of files.filter((path) => inRoom(path, room))) {
    assert.doesNotMatch(
      readFileSync(join(root, file), 'utf8'),
      /(?<!-)process\.|Date\.now|new Date\(\)|Math\.random|fetch\(/,
      file,
    );
  }
});

test('what is asked of AWS needs the nouns, schemas and YAML, and only commands need it', () => {
  const room = 'generators/aws';
  const allowed = (to: string) =>
    inRoom(to, room, 'generators/model', 'generators/schemas') || ['js-yaml', 'zod', 'node:crypto'].includes(to);
  assert.deepEqual(
    offending(({ from, to }) => inRoom(from, room) && !allowed(to)),
    [],
  );
  assert.deepEqual(
    offending(({ from, to }) => inRoom(to, room) && !inRoom(from, room, 'generators/commands')),
    [],
  );
});

test('apps and clusters import types only; apps never import apps', () => {
  assert.deepEqual(
    offending(({ from, to }) => inRoom(from, 'apps') && from !== 'apps/index.ts' && !inRoom(to, dirname(from))),
    [],
  );
  assert.deepEqual(
    offending(({ from }) => inRoom(from, 'clusters') && !inRoom(from, 'clusters/local')),
    [],
  );
});

test('the local world imports model and doors, and only commands import it', () => {
  const rooms = ['generators/model', 'generators/git', 'generators/forge', 'generators/live', 'clusters/local'];
  assert.deepEqual(
    offending(
      ({ from, to }) =>
        inRoom(from, 'clusters/local') && inRoom(to, 'generators', 'apps', 'clusters') && !inRoom(to, ...rooms),
    ),
    [],
  );
  assert.deepEqual(
    offending(
      ({ from, to }) =>
        inRoom(to, 'clusters/local') &&
        !inRoom(from, 'clusters/local', 'generators/commands') &&
        // A program of its own.
        from !== 'generators/bench/forge-side.ts',
    ),
    [],
  );
});

test('the pages of the board are functions of facts: they need no room but our words, and only commands show them', () => {
  assert.deepEqual(
    offending(
      ({ from, to }) =>
        inRoom(from, 'generators/board') &&
        !inRoom(to, 'generators/board') &&
        !['markdown-it', 'generators/model/words.ts'].includes(to),
    ),
    [],
  );
  assert.deepEqual(
    offending(
      ({ from, to }) => inRoom(to, 'generators/board') && !inRoom(from, 'generators/board', 'generators/commands'),
    ),
    [],
  );
});

test('nothing needs the benchmarks, and they run the product as its users do', () => {
  assert.deepEqual(
    offending(({ from, to }) => inRoom(to, 'generators/bench') && !inRoom(from, 'generators/bench')),
    [],
  );
  // These are programs of their own: what a team writes that has the charts and no Slipway, a render without git, and a
  // forge.
  const programs = ['cdk8s-app', 'render-side', 'forge-side'].map((name) => `generators/bench/${name}.ts`);
  assert.deepEqual(
    offending(
      ({ from, to }) =>
        inRoom(from, 'generators/bench') &&
        !programs.includes(from) &&
        inRoom(to, 'generators', 'apps', 'clusters') &&
        !inRoom(to, 'generators/bench', 'generators/git', 'generators/model'),
    ),
    [],
  );
  assert.deepEqual(
    offending(({ to }) => programs.includes(to)),
    [],
  );
});

test('the service and the generators never meet in code', () => {
  assert.deepEqual(
    offending(
      ({ from, to }) =>
        inRoom(from, 'service') !== inRoom(to, 'service') && (inRoom(to, 'service') || to.includes('/')),
    ).filter((line) => !/ imports (node:|@)/.test(line)),
    [],
  );
  const names = (file: string) => /['"`]service\/|build: ['"`]service/.test(readFileSync(join(root, file), 'utf8'));
  assert.deepEqual(
    files.filter((file) => !inRoom(file, 'service') && names(file)),
    files.filter((file) => file === 'apps/counter/app.ts'),
  );
});

test('the traps of a render import nothing of the repository, and only commands start them', () => {
  const traps = ['generators/hermetic', 'generators/hermetic.ts'];
  assert.deepEqual(
    offending(({ from, to }) => inRoom(from, ...traps) && !inRoom(to, ...traps) && !to.startsWith('node:')),
    [],
  );
  assert.deepEqual(
    offending(({ from, to }) => inRoom(to, ...traps) && !inRoom(from, ...traps, 'generators/commands')),
    [],
  );
});

test('an environment is proven and rolled back, what runs is told, a part applied, tools installed and images signed, with nothing but Node', () => {
  const statics = Map.groupBy(
    imports.filter(({ lazy }) => !lazy),
    ({ from }) => from,
  );
  const looking = [
    'glance',
    'status',
    'where',
    'history',
    'diff-between',
    'dora',
    'open',
    'metrics',
    'doctor',
    'verify',
  ];
  const verbs = [...looking, 'rollback', 'apply', 'tools', 'image', 'main'].map(
    (verb) => `generators/commands/${verb}.ts`,
  );
  const needed = new Set(verbs);
  for (const file of needed) for (const { to } of statics.get(file) ?? []) needed.add(to);
  const packages = [...needed].filter((to) => !inRoom(to, 'generators', 'clusters/local') && !to.startsWith('node:'));
  assert.deepEqual(packages, []);
  assert.ok(needed.has('generators/git/history.ts'));
});

test('what runs the pipeline on this machine is a program of its own', () => {
  assert.deepEqual(
    offending(
      ({ from, to }) => inRoom(from, 'generators/ci') !== inRoom(to, 'generators/ci') && !to.startsWith('node:'),
    ),
    [],
  );
});

test('nothing imports the faults', () => {
  assert.deepEqual(
    offending(({ from, to }) => inRoom(to, 'generators/faults') && !inRoom(from, 'generators/faults')),
    [],
  );
});

test('only the doors, the commands, the traps, the benchmarks, the faults, the stand-ins and the local world reach outside', () => {
  const outside = /^(node:(child_process|fs|http|https|net|os|tls|dns)|@gitbeaker)/;
  const rooms = [
    'generators/git',
    'generators/forge',
    'generators/live',
    'generators/commands',
    'generators/hermetic',
    'generators/hermetic.ts',
    'generators/schemas/update.ts',
    'generators/monitoring/catalogue/update.ts',
    'generators/bench',
    'generators/ci/stand-ins',
    'generators/faults',
    'generators/ci',
    'clusters/local',
    'service',
  ];
  assert.deepEqual(
    offending(({ from, to }) => outside.test(to) && !inRoom(from, ...rooms)),
    [],
  );
});

test('what was kept of branches is for verbs that only look: whoever writes reads all of them anew', () => {
  const looking = ['board-glance', 'diff-between', 'dora', 'history', 'survey', 'watch', 'where'];
  const taking = files.filter((path) => /\.shelf\b/.test(readFileSync(join(root, path), 'utf8')));
  assert.deepEqual(
    taking.sort(),
    looking.map((name) => `generators/commands/${name}.ts`),
  );
  const writing = ['promote', 'publish', 'release', 'rollback', 'verify', 'apply', 'gate'];
  const reached = (from: string, found = new Set<string>()): Set<string> => {
    for (const { to, lazy } of imports.filter((edge) => edge.from === from))
      if (!lazy && !found.has(to)) reached(to, found.add(to));
    return found;
  };
  for (const name of writing)
    for (const path of reached(`generators/commands/${name}.ts`)) assert.ok(!taking.includes(path), `${name}: ${path}`);
});

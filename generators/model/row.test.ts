import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { tell } from './history.fixture.ts';
import { deedsWanted, partsWanted, placesOf, type Row, rowsOf, timesWanted } from './row.ts';
import { stories } from './stories.fixture.ts';
import type { Step, Told } from './story.fixture.ts';

/** The rows of a story, from what a reader would be asked for and from nothing else. */
function rowsIn(told: Told): Row[] {
  const { rendered, environments, path } = told;
  const stages = path.map((name, at) => ({ name, ...(at > 0 ? { after: path[at - 1] as string } : {}) }));
  const places = placesOf(stages, rendered, environments);
  const only = <T>(from: ReadonlyMap<string, T>, wanted: readonly string[]) =>
    new Map([...from].filter(([id]) => wanted.includes(id)));
  const read = {
    rendered,
    metadata: only(told.metadata, partsWanted(places, rendered)),
    deeds: only(told.deeds, deedsWanted(places, rendered)),
    times: only(told.times, timesWanted(places, rendered)),
  };
  return places.flatMap((place) => rowsOf(place, read));
}

/** `staging/a 1.0.0 older behind 1`. */
function said({
  environment,
  app,
  version,
  state,
  held,
  behind,
  lacks,
  heldBy,
  editedBy,
  request,
  ...row
}: Row): string {
  const words = [
    `${environment}/${app} ${version} ${state}${row.sourceEdited ? ', source edited' : ''}`,
    ...(held ? [`held by ${heldBy?.by ?? 'nobody'}`] : []),
    ...(editedBy ? [`by ${editedBy.by}`] : []),
    ...(behind === undefined ? [] : [`behind ${behind}`]),
    ...(lacks ? [`lacks ${lacks.parts}`] : []),
    ...(request === undefined ? [] : [`!${request}`]),
  ];
  return words.join(' ');
}

const begin: readonly Step[] = [
  { main: 'one', set: { a: '1' } },
  { publish: true },
  { promote: 'staging' },
  { promote: 'production' },
];
const two: readonly Step[] = [{ main: 'two', set: { a: '2' } }, { publish: true }];
const three: readonly Step[] = [{ main: 'three', set: { a: '3' } }, { publish: true }];

const table: readonly (readonly [what: string, steps: readonly Step[], rows: readonly string[]])[] = [
  [
    'what was published stands in the first environment alone',
    [...begin.slice(0, 2)],
    ['dev/a 1.0.0 equal', 'staging/a - older', 'production/a - none'],
  ],
  [
    'everything stands everywhere, and its request is known',
    begin,
    ['dev/a 1.0.0 equal', 'staging/a 1.0.0 equal !1', 'production/a 1.0.0 equal !2'],
  ],
  [
    'an environment is as far behind as its source has gone on',
    [...begin, ...two, ...three],
    ['dev/a 1.0.2 equal', 'staging/a 1.0.0 older behind 2 lacks 2 !1', 'production/a 1.0.0 equal lacks 2 !2'],
  ],
  [
    'a squash leaves no request behind',
    [...begin, ...two, { promote: 'staging', how: 'squash' }],
    ['dev/a 1.0.1 equal', 'staging/a 1.0.1 equal', 'production/a 1.0.0 older behind 1 lacks 1 !2'],
  ],
  [
    'a revert holds, by whoever made it',
    [...begin, ...two, { promote: 'staging' }, { promote: 'production' }, { revert: 'production', by: 'Bob' }],
    ['dev/a 1.0.1 equal', 'staging/a 1.0.1 equal !3', 'production/a 1.0.0 held held by Bob behind 1 lacks 1'],
  ],
  [
    'a revert of the revert ends the hold',
    [
      ...begin,
      ...two,
      { promote: 'staging' },
      { promote: 'production' },
      { revert: 'production' },
      { revert: 'production' },
    ],
    ['dev/a 1.0.1 equal', 'staging/a 1.0.1 equal !3', 'production/a 1.0.1 equal'],
  ],
  [
    'what never stood and was only seen holds, too',
    [...begin, ...two, { promote: 'staging' }, { decline: 'production', by: 'Cleo' }],
    ['dev/a 1.0.1 equal', 'staging/a 1.0.1 equal !3', 'production/a 1.0.0 held held by nobody behind 1 lacks 1 !2'],
  ],
  [
    'a source that went back leaves what is newer, and is held itself',
    [...begin, ...two, { promote: 'staging' }, { promote: 'production' }, { revert: 'staging', by: 'Bob' }],
    ['dev/a 1.0.1 equal', 'staging/a 1.0.0 held held by Bob behind 1 lacks 1', 'production/a 1.0.1 newer !4'],
  ],
  [
    'whoever goes on and stays below is not who took it back',
    [
      ...[...begin, ...two, { promote: 'staging' } as const, { promote: 'production' } as const],
      ...[...three, { promote: 'staging' } as const, { promote: 'production' } as const],
      { release: 'production', app: 'a', at: 'one', by: 'Bob' },
      { release: 'production', app: 'a', at: 'two', by: 'Cleo' },
    ],
    ['dev/a 1.0.2 equal', 'staging/a 1.0.2 equal !5', 'production/a 1.0.1 held held by Bob behind 1 lacks 1 !8'],
  ],
  [
    'an edit is nobody’s version, and whoever made it is named',
    [...begin, ...two, { edit: 'staging', app: 'a', by: 'Eve' }],
    ['dev/a 1.0.1 equal', 'staging/a 1.0.0 edited by Eve', 'production/a 1.0.0 none, source edited lacks 1 !2'],
  ],
  [
    'a folder that somebody took away is held, by that person',
    [...begin, { remove: 'production', app: 'a', by: 'Eve' }],
    ['dev/a 1.0.0 equal', 'staging/a 1.0.0 equal !1', 'production/a - held held by Eve'],
  ],
  [
    'an app that goes is behind until its removal has arrived',
    [...begin, { main: 'gone', set: { a: null } }, { publish: true }, { promote: 'staging' }],
    ['dev/a removed equal', 'staging/a removed equal !3', 'production/a 1.0.0 older behind 1 lacks 1 !2'],
  ],
  [
    'a hotfix goes past its source',
    [...begin, ...two, { release: 'production', app: 'a' }],
    ['dev/a 1.0.1 equal', 'staging/a 1.0.0 older behind 1 lacks 1 !1', 'production/a 1.0.1 newer !3'],
  ],
];

for (const [what, steps, rows] of table)
  test(`a row of status: ${what}`, () => assert.deepEqual(rowsIn(tell(steps)).map(said), rows));

test('what was taken back is lacked since then, and not since it was published', () => {
  const told = tell([
    ...begin,
    ...two,
    { promote: 'staging' },
    { promote: 'production' },
    { revert: 'production', after: 600 },
  ]);
  const row = rowsIn(told).find(({ environment }) => environment === 'production');
  assert.equal(row?.heldSince, new Date(told.now).toISOString());
  assert.equal(row?.lacks?.since, row?.heldSince);
  const [first] = rowsIn(tell([...begin, ...two])).filter(({ environment }) => environment === 'staging');
  assert.equal(first?.lacks?.since, new Date(tell([...begin, ...two]).now).toISOString());
});

/** The parts of an app in an environment, one after the other, each with the last publish that had it: by counting alone. */
function countedParts({ published, main, part }: Told, environment: string, app: string) {
  const names = [...published.values()].flatMap((sha) => main.filter((dry) => dry.sha === sha).map(({ name }) => name));
  const found: { part: string; first: number; last: number }[] = [];
  for (const [at, name] of names.entries()) {
    let here: string;
    try {
      here = part(environment, app, name);
    } catch {
      continue;
    }
    const last = found.at(-1);
    if (last?.part === here) last.last = at;
    else found.push({ part: here, first: at, last: at });
  }
  return found;
}

/** Held, edited, and how far behind, by counting what was published and what the branch ever saw. */
function counted(told: Told, environment: string, app: string) {
  const parts = countedParts(told, environment, app);
  const history = told.environments.get(environment);
  const from = history?.entries.get(app)?.id;
  const here = from === undefined ? -1 : parts.findIndex(({ part }) => part === from);
  const edited = from !== undefined && here < 0;
  const held = !edited && parts.some(({ part }, at) => at > here && history?.seen.get(app)?.has(part));
  const source = told.path[told.path.indexOf(environment) - 1];
  let offered = parts.length - 1;
  if (source !== undefined) {
    const stands = told.environments.get(source)?.entries.get(app)?.id;
    const until = countedParts(told, source, app).find(({ part }) => part === stands)?.last ?? -1;
    offered = parts.findLastIndex(({ first }) => first <= until);
  }
  const behind = edited || from === undefined ? 0 : Math.max(0, offered - here);
  return { edited, held, behind, lacks: edited || from === undefined ? 0 : parts.length - 1 - here };
}

test('of any history, what is held, edited and behind is what counting it says', () => {
  fc.assert(
    fc.property(stories({ maxLength: 40 }), (steps) => {
      const told = tell(steps);
      for (const row of rowsIn(told)) {
        const { edited, held, behind, lacks } = counted(told, row.environment, row.app);
        const is = {
          edited: row.state === 'edited',
          held: row.held,
          behind: row.behind ?? 0,
          lacks: row.lacks?.parts ?? 0,
        };
        assert.deepEqual(is, { edited, held, behind, lacks }, `${row.environment}/${row.app}`);
      }
    }),
    { numRuns: 150 },
  );
});

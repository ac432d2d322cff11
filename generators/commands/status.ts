import { duration } from '../board/page.ts';
import { type Foreign, meaningOf } from '../model/foreign.ts';
import { quote, short } from '../model/words.ts';
import type { Asked } from './main.ts';
import { contextOf } from './surroundings.ts';
import { type Row, survey } from './survey.ts';

const columns = ['environment', 'app', 'version', 'commit', 'since', 'health', 'state'] as const;

/** The rows as a table for a terminal; notes stand below it. */
export function table(rows: readonly Row[], now: number, foreign: readonly Foreign[] = []): string[] {
  const cells = rows.map((row) => ({
    environment: row.environment,
    app: row.app,
    version: row.version,
    commit: row.commit ? short(row.commit) : '-',
    since: row.since ? duration(now - Date.parse(row.since)) : '-',
    health: row.health,
    state: row.held ? 'held' : row.state === 'none' ? '-' : row.state,
  }));
  const lines = [Object.fromEntries(columns.map((column) => [column, column])) as (typeof cells)[number], ...cells];
  const widths = columns.map((column) => Math.max(...lines.map((line) => line[column].length)));
  const format = (line: (typeof cells)[number]) =>
    columns
      .map((column, index) => line[column].padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  const notes = rows.flatMap(({ environment, app, note }) => (note ? [`${environment}/${app}: ${note}`] : []));
  const others = foreign.map(({ environment, name, is }) => `${environment}/${quote(name)}: ${meaningOf[is]}`);
  return [...lines.map(format), ...notes, ...others];
}

export async function run({ values }: Asked): Promise<void> {
  const context = await contextOf(values);
  const { rows, foreign } = await survey(context);
  if (values.json) console.log(JSON.stringify({ version: 1, rows, foreign }, null, 2));
  else for (const line of table(rows, context.now(), foreign)) console.log(line);
}

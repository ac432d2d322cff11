import { hasty } from '../forge/patience.ts';
import { paragraph } from '../model/paragraph.ts';
import { pathPicture } from '../model/path-picture.ts';
import { addressLines, statusNotes, statusTable, type TableSetting } from '../model/status-table.ts';
import type { Context } from './context.ts';
import type { Asked } from './main.ts';
import { contextOf } from './surroundings.ts';
import { type Survey, survey } from './survey.ts';
import { terminal } from './terminal.ts';

/** So many addresses are printed without being asked for. */
const few = 12;

/** What a person reads: the paths as a picture, a line per app and environment, what needs words, and where apps answer. */
export function describe(
  { rows, environments, foreign }: Pick<Survey, 'rows' | 'environments' | 'foreign'>,
  { addresses = false, ...setting }: TableSetting & { readonly addresses?: boolean },
): string[] {
  const reached = addressLines(rows, setting);
  const blocks = [
    pathPicture(environments, rows, setting),
    statusTable(rows, setting),
    [...missingNotes(environments, setting.width), ...statusNotes(rows, foreign, setting)],
    addresses || reached.length <= few ? reached : [],
  ];
  return blocks.filter(({ length }) => length > 0).flatMap((block, at) => (at === 0 ? block : ['', ...block]));
}

const missingNotes = (environments: Survey['environments'], width: number | undefined): string[] =>
  environments.flatMap(({ name, missing }) =>
    missing ? paragraph(`${name}: env/${name} does not exist at the remote: npx slipway publish makes it`, width) : [],
  );

/** What was not asked, and what would have to be set. */
function unasked({ live, forge }: Context, width: number | undefined): string[] {
  const lines = [
    ...(live ? [] : ['Health is not asked: ARGOCD_SERVER and ARGOCD_AUTH_TOKEN are not set.']),
    ...(forge ? [] : ['Requests are not asked: SLIPWAY_TOKEN, CI_SERVER_URL and CI_PROJECT_ID are not set.']),
  ];
  return lines.flatMap((line) => paragraph(line, width));
}

export async function run({ values }: Asked): Promise<void> {
  const { env: environment, app } = values as Partial<Record<'env' | 'app', string>>;
  const context = await contextOf(values, hasty);
  const found = await survey(context, { environment, app });
  const { rows, environments, foreign, unpublished } = found;
  if (values.json) {
    console.log(JSON.stringify({ version: 1, rows, foreign, environments, unpublished }, null, 2));
    return;
  }
  const whole = values.all === true || environment !== undefined || app !== undefined;
  const setting = { ...terminal(), now: context.now(), whole, addresses: values.addresses === true };
  const lines = [...describe(found, setting), '', ...unasked(context, setting.width)];
  console.log(lines.join('\n').trimEnd());
}

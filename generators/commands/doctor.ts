import { styleText } from 'node:util';
import type { Forge, ProjectSettings } from '../forge/forge.ts';
import { Git } from '../git/git.ts';
import { openMirror } from '../git/mirror.ts';
import type { Path } from '../model/environment.ts';
import {
  type Finding,
  formatFindings,
  formatSum,
  notRead,
  type Section,
  type Sorted,
  sumOf,
} from '../model/finding.ts';
import { Refusal, Unreadable } from '../model/refusal.ts';
import { day } from '../model/words.ts';
import { checkoutHere } from './checkout.ts';
import type { Context } from './context.ts';
import { forgeChecks } from './doctor-forge.ts';
import { machineFindings } from './doctor-machine.ts';
import { exampleChecks, type Patient, repositoryChecks } from './doctor-repository.ts';
import { isOurs } from './glance.ts';
import type { Asked } from './main.ts';
import { pathOf } from './published-path.ts';
import { contextOf } from './surroundings.ts';

/** The clusters and environments of the newest commit of the checkout. */
async function definitionsIn(checkout: Git): Promise<Pick<Path, 'clusters' | 'environments'>> {
  const commit = await checkout.commit('HEAD');
  if (commit === undefined) return { clusters: new Map(), environments: [] };
  const { definitionsAt } = await import('./bootstrap-definitions.ts');
  return (await definitionsAt(checkout, commit)).path;
}

/** A forge that answers, and what it is set to; or why nothing more is asked of it. */
async function forgeIn({ forge }: Context): Promise<{ found: Finding; forge?: Forge; settings?: Settings }> {
  const name = 'forge';
  if (!forge) {
    const says = 'No forge is configured: set SLIPWAY_TOKEN, CI_SERVER_URL and CI_PROJECT_ID.';
    return { found: { name, verdict: 'unknown', says } };
  }
  const settings = await forge.settings().catch(refused);
  if (settings instanceof Unreadable)
    return { found: notRead(name, settings), forge, settings: () => Promise.reject(settings) };
  if (settings instanceof Refusal) return { found: notRead(name, settings) };
  const tier = settings.premium
    ? 'its rules can name accounts and groups (Premium)'
    : 'its rules name roles alone, as in the tier Free';
  const found: Finding = { name, verdict: 'ok', says: `${settings.project} can be read; ${tier}.` };
  return { found, forge, settings: async () => settings };
}
type Settings = () => Promise<ProjectSettings>;

/** Asks the project everything, with a forge that answers. */
async function projectFindings({ context, remote }: Patient): Promise<Finding[]> {
  const { found, forge, settings } = await forgeIn(context);
  if (!forge || !settings) return [found];
  const published = remote instanceof Refusal ? undefined : await pathOf(remote).catch(refused);
  const path = published instanceof Refusal ? undefined : published;
  const today = day(context.now());
  let read: ReturnType<typeof definitionsIn> | undefined;
  const definitions = () => {
    read ??= definitionsIn(context.checkout);
    return read;
  };
  return [found, ...(await lookAll(forgeChecks, { forge, settings, definitions, path, today }))];
}

/** Looks at everything, whatever else is wrong. */
async function lookAll<T>(
  checks: readonly { readonly name: string; look(at: T): Promise<readonly Finding[]> }[],
  at: T,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name, look } of checks) {
    const found = await look(at).catch(refused);
    findings.push(...(found instanceof Refusal ? [notRead(name, found)] : found));
  }
  return findings;
}

/** What each section asks. */
const asked: Readonly<Record<Section, (patient: Patient) => Promise<Finding[]>>> = {
  machine: ({ context }) => machineFindings(context.checkout),
  repository: (patient) => lookAll(repositoryChecks, patient),
  project: projectFindings,
  examples: (patient) => lookAll(exampleChecks, patient),
};
const everything = Object.keys(asked) as Section[];

/** What a machine, a repository, a project and the definitions lack, section after section. Changes nothing. */
export async function doctor(context: Context, about: readonly Section[] = everything): Promise<Sorted[]> {
  const remote = await openMirror(context.checkout, context.remote).catch(refused);
  try {
    const findings: Sorted[] = [];
    for (const section of about)
      for (const finding of await asked[section]({ context, remote })) findings.push({ section, ...finding });
    return findings;
  } finally {
    if (!(remote instanceof Refusal)) await remote.close();
  }
}

function refused(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  throw error;
}

/** What can be said where there is no Slipway repository: of the machine, and that there is none. */
async function machineAlone(checkout: Git, says: string): Promise<Sorted[]> {
  const machine = await machineFindings(checkout);
  return [
    ...machine.map((finding): Sorted => ({ section: 'machine', ...finding })),
    {
      section: 'repository',
      name: 'repository',
      verdict: 'wrong',
      says,
      remedy: 'Go to your clone, and run this there.',
    },
  ];
}

/** Wherever the command was called. */
async function here(values: Asked['values']): Promise<Sorted[]> {
  const checkout = await checkoutHere().catch(refused);
  if (checkout instanceof Refusal) return machineAlone(new Git(process.cwd()), checkout.message);
  if (!isOurs(checkout)) return machineAlone(checkout, `${checkout.dir} is no Slipway repository.`);
  return doctor(await contextOf(values));
}

const colours = { wrong: 'red', todo: 'cyan', unknown: 'yellow', ok: 'green' } as const;

export async function run({ values }: Asked): Promise<void> {
  const findings = await here(values);
  const summary = sumOf(findings);
  if (summary.wrong > 0) process.exitCode = 1;
  if (values.json) return console.log(JSON.stringify({ version: 1, checks: findings, summary }, null, 2));
  const all = values.all === true;
  const paint = (verdict: Finding['verdict'], word: string) =>
    styleText(colours[verdict], word, { stream: process.stdout });
  for (const line of formatFindings(findings, { width: process.stdout.columns, all, paint })) console.log(line);
  console.log(`\n${formatSum(summary)}${all || summary.ok === 0 ? '' : ' (--all says what of each)'}`);
}

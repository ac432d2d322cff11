import type { Forge, ProjectSettings } from '../forge/forge.ts';
import type { Git } from '../git/git.ts';
import { filesOf } from '../git/history.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { readBlobs } from '../git/objects.ts';
import { newestPublished } from '../git/published.ts';
import type { Path } from '../model/environment.ts';
import { type Finding, formatFindings, notRead } from '../model/finding.ts';
import type { Stage } from '../model/metadata.ts';
import { head, rendered } from '../model/names.ts';
import { Refusal, Unreadable } from '../model/refusal.ts';
import { branchesOf, examplesOf, gitOf } from '../model/setup.ts';
import { day } from '../model/words.ts';
import { definitionsAt } from './bootstrap-definitions.ts';
import type { Context } from './context.ts';
import { forgeChecks } from './doctor-forge.ts';
import type { Asked } from './main.ts';
import { contextOf } from './surroundings.ts';

/** What the checks look at. */
interface Patient {
  readonly context: Context;
  /** The remote, or why it cannot be read. */
  readonly remote: Mirror | Refusal;
}

/** One thing that Slipway's promises stand on. What it finds is decided in `model`, from what it reads here. */
interface Check {
  /** What is said to be not checked when `look` throws. */
  readonly name: string;
  /** @throws {Unreadable} for what cannot be known, and is no fault; {Refusal} for what fails */
  look(patient: Patient): Promise<readonly Finding[]>;
}

const checks: readonly Check[] = [
  { name: 'git', look: async ({ context }) => [gitOf(await context.checkout.text(['--version']))] },
  {
    name: 'remote',
    async look({ remote }) {
      if (remote instanceof Refusal) throw remote;
      return [{ name: 'remote', verdict: 'ok', says: `${remote.address} can be read.` }];
    },
  },
  {
    name: 'branches',
    async look({ remote }) {
      if (remote instanceof Refusal) throw new Unreadable('The remote cannot be read.');
      const there = [...remote.refs.keys()].map((ref) => ref.replace(head(''), ''));
      const path = await pathOf(remote);
      return branchesOf(
        new Set(there),
        path?.map(({ name }) => name),
      );
    },
  },
  { name: 'example values', look: async ({ context }) => [examplesOf(await definitionsOf(context.checkout))] },
];

/** The path as it was published last; undefined when nothing was. */
const pathOf = async (remote: Mirror): Promise<readonly Stage[] | undefined> =>
  (await newestPublished(remote, remote.refs.get(head(rendered))))?.environments;

/** What a team writes of where its apps run, in the newest commit of the checkout: by file, its text. */
async function definitionsOf(checkout: Git): Promise<ReadonlyMap<string, string>> {
  const commit = await checkout.commit('HEAD');
  if (commit === undefined) throw new Unreadable(`${checkout.dir} has no commit yet.`);
  const wanted = [...(await filesOf(checkout, commit))].filter(([path]) => definition.test(path));
  const texts = await readBlobs(
    checkout,
    wanted.map(([, { id }]) => id),
  );
  return new Map(wanted.map(([path, { id }]) => [path, String(texts.get(id))]));
}

/** The clusters and environments of the newest commit of the checkout. */
async function definitionsIn(checkout: Git): Promise<Pick<Path, 'clusters' | 'environments'>> {
  const commit = await checkout.commit('HEAD');
  return commit === undefined
    ? { clusters: new Map(), environments: [] }
    : (await definitionsAt(checkout, commit)).path;
}

/** The machine's own stand-in is no cluster, and is written by nobody. */
const definition = /^(clusters\/environments\.ts|clusters\/(?!local\/)[^/]+\/.+|apps\/[^/]+\/app\.ts)$/;

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

/** Looks at everything, whatever else is wrong. Changes nothing. */
export async function doctor(context: Context): Promise<Finding[]> {
  const remote = await openMirror(context.checkout, context.remote).catch(refused);
  try {
    const findings: Finding[] = [];
    for (const { name, look } of checks) {
      const found = await look({ context, remote }).catch(refused);
      findings.push(...(found instanceof Refusal ? [notRead(name, found)] : found));
    }
    const { found, forge, settings } = await forgeIn(context);
    findings.push(found);
    if (!forge || !settings) return findings;
    const published = remote instanceof Refusal ? undefined : await pathOf(remote).catch(refused);
    const path = published instanceof Refusal ? undefined : published;
    const today = day(context.now());
    let read: ReturnType<typeof definitionsIn> | undefined;
    const definitions = () => {
      read ??= definitionsIn(context.checkout);
      return read;
    };
    for (const { name, look } of forgeChecks) {
      const found = await look({ forge, settings, definitions, path, today }).catch(refused);
      findings.push(...(found instanceof Refusal ? [notRead(name, found)] : found));
    }
    return findings;
  } finally {
    if (!(remote instanceof Refusal)) await remote.close();
  }
}

function refused(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  throw error;
}

export async function run({ values }: Asked): Promise<void> {
  const findings = await doctor(await contextOf(values));
  if (values.json) console.log(JSON.stringify({ version: 1, checks: findings }, null, 2));
  else for (const line of formatFindings(findings)) console.log(line);
  if (findings.some(({ verdict }) => verdict === 'wrong')) process.exitCode = 1;
}

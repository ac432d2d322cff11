import { load } from 'js-yaml';
import { isForeign } from './kinds.ts';
import { legalEnvironment, legalName } from './names.ts';
import type { Failure, Line, Part, Summary } from './part.ts';
import { Refusal } from './refusal.ts';

/** One rendered dry commit, whole: what the render half gives to the publish half, in memory or in a file. */
export interface Bundle {
  readonly drySha: string;
  /** The commit of `rendered` from which parts are taken over; undefined when there was none. */
  readonly base: string | undefined;
  readonly parts: readonly Part[];
  /** Apps whose parts at `base` are what this commit would render: their keys are equal. */
  readonly taken: readonly string[];
  /** Apps that cannot be rendered and stay as they were. */
  readonly kept: readonly Failure[];
  readonly summary: Summary;
}

const header = { slipway: 'bundle', version: 1 } as const;

/** A bundle as text: a header, a line of JSON per part, and a last line without which it is not whole. */
export function* formatBundle({ drySha, base, parts, taken, kept, summary }: Bundle): Generator<string> {
  yield `${JSON.stringify({ ...header, drySha, base, taken, kept })}\n`;
  for (const part of parts) yield `${JSON.stringify({ part } satisfies Line)}\n`;
  yield `${JSON.stringify({ summary, parts: parts.length })}\n`;
}

/**
 * Reads a bundle. It may come from a job that ran anybody's code, so that everything in it is checked before it is used.
 * @param where what is read, for messages
 * @throws {Refusal} naming the line and what is wrong
 */
export async function parseBundle(lines: AsyncIterable<string>, where: string): Promise<Bundle> {
  const parts: Part[] = [];
  let first: (Omit<Bundle, 'parts' | 'summary'> & typeof header) | undefined;
  let last: { summary: Summary; parts: number } | undefined;
  let number = 0;
  for await (const text of lines) {
    number++;
    if (last) throw new Refusal(`${where}: line ${number} stands behind the end.`);
    const line = parse(text, `${where}: line ${number}`);
    if (number === 1) first = checkHeader(line, where);
    else if (typeof line.part === 'object') parts.push(checkPart(line.part, `${where}: line ${number}`));
    else last = checkEnd(line, parts.length, `${where}: line ${number}`);
  }
  if (!first || !last) throw new Refusal(`${where} is not whole: render it again.`);
  const { drySha, base, taken, kept } = first;
  const bundle = { drySha, base, taken, kept, parts, summary: last.summary };
  checkWhole(bundle, where);
  return bundle;
}

function parse(text: string, where: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {}
  throw new Refusal(`${where} is not a line of a bundle: render it again.`);
}

const commitId = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
const names = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string' && legalName.test(name));

function checkHeader(line: Record<string, unknown>, where: string) {
  if (line.slipway !== header.slipway)
    throw new Refusal(`${where} is not a bundle: make one with slipway render --all.`);
  if (line.version !== header.version)
    throw new Refusal(
      `${where} is a bundle of version ${line.version}, and this Slipway reads version ${header.version}: render and publish with the same.`,
    );
  const { drySha, base, taken, kept } = line as unknown as Bundle;
  const failures = Array.isArray(kept) && names(kept.map(({ app }) => app));
  const commits = commitId.test(drySha) && (base === undefined || commitId.test(base));
  if (!commits || !names(taken) || !failures)
    throw new Refusal(`${where}: line 1 names no commit, or no apps: render it again.`);
  return { ...header, drySha, base, taken, kept };
}

/** GitLab folds a file of more than 20 KB in a diff, and no manifest of ours comes near this. */
const largest = 512 * 1024;
const most = 200;
const legalFile = /^[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?\.yaml$/;

function checkPart(value: unknown, where: string): Part {
  const part = value as Part;
  const { environment, app, files, version, images, commit } = part;
  if (!legalEnvironment(String(environment)) || !legalName.test(String(app)))
    throw new Refusal(`${where}: ${environment}/${app} is not an environment and an app.`);
  const at = `${where}: ${environment}/${app}`;
  const entries = Object.entries(files ?? {});
  if (entries.length === 0 || entries.length > most)
    throw new Refusal(`${at} has ${entries.length} files; a part has 1 to ${most}.`);
  if (typeof version !== 'string' || typeof images !== 'object' || (commit !== undefined && !commitId.test(commit)))
    throw new Refusal(`${at}: version, images or commit is not what a render writes.`);
  for (const [name, text] of entries) {
    if (!legalFile.test(name))
      throw new Refusal(`${at}: ${JSON.stringify(name)} is not the name of a manifest's file.`);
    if (typeof text !== 'string' || text.length > largest)
      throw new Refusal(`${at}/${name} is larger than ${largest} characters.`);
    checkKind(name, text, environment, `${at}/${name}`);
  }
  return part;
}

/** An environment branch reaches its own namespace, and Argo CD only by the Application of the part. */
function checkKind(name: string, text: string, environment: string, where: string): void {
  const why = isForeign(name, manifestIn(text, where), environment);
  if (why) throw new Refusal(`${where} ${why}.`);
}

function manifestIn(text: string, where: string): unknown {
  try {
    return load(text);
  } catch (error) {
    throw new Refusal(`${where} is not one YAML document: ${(error as Error).message.split('\n')[0]}`, {
      cause: error,
    });
  }
}

function checkEnd(line: Record<string, unknown>, count: number, where: string) {
  const { summary, parts } = line as { summary?: Summary; parts?: number };
  const { environments, apps, pipelines, images, repository, node } = summary ?? {};
  const stages = Array.isArray(environments) && environments.every(({ name }) => legalEnvironment(String(name)));
  const texts = Object.values(pipelines ?? {}).every((text) => typeof text === 'string' && text.length < largest);
  if (!stages || !names(apps) || !texts || typeof images !== 'object' || typeof repository !== 'string' || !node)
    throw new Refusal(`${where} is not the end of a bundle: render it again.`);
  if (parts !== count) throw new Refusal(`${where}: ${count} parts are there of ${parts}: render it again.`);
  return { summary: summary as Summary, parts };
}

/** Every app stands in one list, and what is rendered is so for every environment, once. */
function checkWhole({ parts, taken, kept, summary }: Bundle, where: string): void {
  const stages = summary.environments.map(({ name }) => name);
  const paths = new Set(parts.map(({ environment, app }) => `${environment}/${app}`));
  const left = new Set([...taken, ...kept.map(({ app }) => app)]);
  const expected = summary.apps
    .filter((app) => !left.has(app))
    .flatMap((app) => stages.map((stage) => `${stage}/${app}`));
  const missing = expected.find((path) => !paths.has(path));
  if (
    missing ||
    paths.size !== parts.length ||
    paths.size !== expected.length ||
    ![...left].every((app) => summary.apps.includes(app))
  )
    throw new Refusal(
      `${where} does not hold every app in every environment once${missing ? ` (${missing} is missing)` : ''}: render it again.`,
    );
  const other = Object.keys(summary.pipelines).find((name) => !stages.includes(name));
  if (other) throw new Refusal(`${where}: ${other} has a pipeline file and is no environment.`);
}

import { load } from 'js-yaml';
import { isCalendar } from './calendar.ts';
import { parseImage } from './image.ts';
import { isForeign } from './kinds.ts';
import { isMapping } from './mapping.ts';
import type { Stage } from './metadata.ts';
import { applicationFile, legalEnvironment, legalName } from './names.ts';
import { wholeId } from './object-id.ts';
import type { Failure, Line, Part, Summary } from './part.ts';
import { Refusal } from './refusal.ts';

/**
 * One rendered dry commit, whole: what the render half gives to the publish half, in memory or in a file.
 * @typeParam P how its parts are had: with their texts, or by the ids of their files
 */
export interface Bundle<P = Part> {
  readonly drySha: string;
  /** The commit of `rendered` from which parts are taken over; undefined when there was none. */
  readonly base: string | undefined;
  readonly parts: readonly P[];
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
    const at = `${where}: line ${++number}`;
    if (last) throw new Refusal(`${at} stands behind the end.`);
    const line = parse(text, at);
    if (number === 1) first = checkHeader(line, where);
    else if (isMapping(line.part)) parts.push(checkPart(line.part, at));
    else last = checkEnd(line, parts.length, at);
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
    if (isMapping(value)) return value;
  } catch {}
  throw new Refusal(`${where} is not a line of a bundle: render it again.`);
}

const texts = (value: unknown): value is Record<string, string> =>
  isMapping(value) && Object.values(value).every((text) => typeof text === 'string');
const digest = /^[0-9a-f]{16}$/;
/** What people read as a version: digits of a package.json, or the tag of an image. */
const legalVersion = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const areWarnings = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length <= most &&
  value.every((one) => texts(one) && legalName.test(one.policy ?? '') && legalObject.test(one.object ?? ''));
/** `StatefulSet/redis` */
const legalObject = /^[A-Za-z]{1,63}\/[A-Za-z0-9.:-]{1,253}$/;
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
  const failures =
    Array.isArray(kept) &&
    kept.every((failure) => isMapping(failure) && names([failure.app]) && typeof failure.message === 'string');
  const commits = wholeId.test(drySha) && (base === undefined || wholeId.test(base));
  if (!commits || !names(taken) || !failures)
    throw new Refusal(`${where}: line 1 names no commit, or no apps: render it again.`);
  return { ...header, drySha, base, taken, kept };
}

/** GitLab folds a file of more than 20 KB in a diff, and no manifest of ours comes near this. */
const largest = 512 * 1024;
const most = 200;
const legalFile = /^[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?\.yaml$/;

function checkPart(value: Record<string, unknown>, where: string): Part {
  const part = value as unknown as Part;
  const { environment, app, files, version, images, commit, fixed, irreversible, warns } = part;
  if (!legalEnvironment(String(environment)) || !legalName.test(String(app)))
    throw new Refusal(`${where}: ${environment}/${app} is not an environment and an app.`);
  const at = `${where}: ${environment}/${app}`;
  const entries = Object.entries(files ?? {});
  if (entries.length === 0 || entries.length > most)
    throw new Refusal(`${at} has ${entries.length} files; a part has 1 to ${most}.`);
  if (!files[applicationFile]) throw new Refusal(`${at} has no ${applicationFile}.`);
  if (
    !texts({ version }) ||
    !legalVersion.test(version) ||
    !texts(images) ||
    (commit !== undefined && !wholeId.test(commit)) ||
    (fixed !== undefined && !digest.test(fixed)) ||
    ![undefined, true].includes(irreversible) ||
    !(warns === undefined || areWarnings(warns))
  )
    throw new Refusal(`${at}: version, images, commit, fixed, irreversible or warns is not what a render writes.`);
  for (const [name, text] of entries) {
    if (!legalFile.test(name))
      throw new Refusal(`${at}: ${JSON.stringify(name)} is not the name of a manifest's file.`);
    if (typeof text !== 'string' || text.length > largest)
      throw new Refusal(`${at}/${name} is larger than ${largest} characters.`);
  }
  return part;
}

/** An environment branch reaches its own namespace, and Argo CD only by the Application of the part. */
function checkKinds({ environment, app, files }: Part, stage: Stage, where: string): void {
  for (const [name, text] of Object.entries(files)) {
    const at = `${where}: ${environment}/${app}/${name}`;
    const why = isForeign(name, manifestIn(text, at), { ...stage, app });
    if (why) throw new Refusal(`${at} ${why}.`);
  }
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
  const summary = isMapping(line.summary) ? line.summary : {};
  const { environments, apps, pipelines, images, removed, outlines, repository, node } = summary;
  const words = typeof repository === 'string' && typeof node === 'string';
  const sized = texts(pipelines) && Object.values(pipelines).every((text) => text.length < largest);
  if (!isPath(environments) || !names(apps) || !sized || !isMapping(images) || !texts(removed) || !words)
    throw new Refusal(`${where} is not the end of a bundle: render it again.`);
  for (const [app, image] of Object.entries(images)) checkImage(app, image, where);
  checkOutlines(outlines, where);
  if (line.parts !== count) throw new Refusal(`${where}: ${count} parts are there of ${line.parts}: render it again.`);
  return { summary: summary as unknown as Summary, parts: count };
}

/** Each comes after one that stands before it, or after none. */
function isPath(value: unknown): value is Summary['environments'] {
  if (!Array.isArray(value) || value.length === 0) return false;
  const known = new Set<unknown>();
  return value.every((stage) => {
    if (!isMapping(stage) || !legalEnvironment(String(stage.name)) || known.has(stage.name)) return false;
    if (typeof stage.soak !== 'number' || (stage.after !== undefined && !known.has(stage.after))) return false;
    if (stage.scope !== undefined && stage.scope !== 'cluster') return false;
    if (stage.calendar !== undefined && !isCalendar(stage.calendar)) return false;
    if (stage.auto !== undefined && (stage.auto !== true || stage.after === undefined)) return false;
    if (stage.reporter !== undefined && typeof stage.reporter !== 'string') return false;
    return known.add(stage.name);
  });
}

/** What others must know of an app; whether it is true of the whole is asked when it is published. */
function checkOutlines(outlines: unknown, where: string): void {
  for (const [app, outline] of isMapping(outlines) ? Object.entries(outlines) : [['outlines', undefined] as const]) {
    const { owner, scope, port, calls, routes, fixed, excuses } = isMapping(outline) ? outline : {};
    const lists = names(calls ?? []) && areRoutes(routes ?? []);
    const whole = (scope === undefined || scope === 'cluster') && texts(fixed ?? {}) && areExcuses(excuses ?? []);
    if (typeof owner !== 'string' || !lists || !whole || !['undefined', 'number'].includes(typeof port))
      throw new Refusal(`${where}: what is said of ${app} is not what a render writes.`);
  }
}

/** By environment; older renders wrote one list of all. */
const areRoutes = (value: unknown): boolean =>
  isMapping(value) || Array.isArray(value)
    ? Object.values(value).every((one) => typeof one === 'string' || (Array.isArray(one) && texts({ ...one })))
    : false;

const areExcuses = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.every(
    (excuse) =>
      isMapping(excuse) &&
      names(excuse.in) &&
      texts({ policy: excuse.policy, reason: excuse.reason, owner: excuse.owner, until: excuse.until }) &&
      texts({ object: excuse.object ?? '' }),
  );

/** What it was built from is held against git when it is published; its digest nobody else can tell. */
function checkImage(app: string, image: unknown, where: string): void {
  const { build, tree, version, commit, reference } = isMapping(image) ? image : {};
  const known = texts({ build, tree, version, commit });
  const named = reference === undefined || (typeof reference === 'string' && hasDigest(reference));
  if (!known || !named) throw new Refusal(`${where}: the image of ${app} is not what a render writes.`);
}

function hasDigest(reference: string): boolean {
  try {
    return parseImage(reference, '').digest !== undefined;
  } catch {
    return false;
  }
}

/** Every app stands in one list, and what is rendered is so for every environment of its scope, once. */
function checkWhole({ parts, taken, kept, summary }: Bundle, where: string): void {
  const stages = new Map(summary.environments.map((stage) => [stage.name, stage]));
  const paths = new Set(parts.map(({ environment, app }) => `${environment}/${app}`));
  const lists = [...taken, ...kept.map(({ app }) => app)];
  const left = new Set(lists);
  const expected = summary.apps
    .filter((app) => !left.has(app))
    .flatMap((app) => {
      const own = [...stages.values()].filter(({ scope }) => scope === summary.outlines[app]?.scope);
      return own.map(({ name }) => `${name}/${app}`);
    });
  const missing = expected.find((path) => !paths.has(path));
  if (
    missing ||
    paths.size !== parts.length ||
    paths.size !== expected.length ||
    left.size !== lists.length ||
    new Set(summary.apps).size !== summary.apps.length ||
    ![...left].every((app) => summary.apps.includes(app))
  )
    throw new Refusal(
      `${where} does not hold every app in every environment once${missing ? ` (${missing} is missing)` : ''}: render it again.`,
    );
  const other = Object.keys(summary.pipelines).find((name) => !stages.has(name));
  if (other) throw new Refusal(`${where}: ${other} has a pipeline file and is no environment.`);
  const failed = new Set(kept.map(({ app }) => app));
  const image = Object.keys(summary.images).find((app) => !parts.some((part) => part.app === app) && !failed.has(app));
  if (image) throw new Refusal(`${where}: ${image} has an image and was not rendered: render it again.`);
  const unknown = summary.apps.find((app) => !left.has(app) && !summary.outlines[app]);
  if (unknown) throw new Refusal(`${where}: ${unknown} was rendered, and nothing is said of it: render it again.`);
  for (const part of parts) checkKinds(part, stages.get(part.environment) as Stage, where);
}

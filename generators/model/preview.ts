import { load } from 'js-yaml';
import { formatDifferences, type ObjectDifference, differences as objectDifferences } from './difference.ts';
import { legible } from './legible.ts';
import type { Manifest } from './manifest.ts';
import { metadataFile, pipelineFile } from './names.ts';
import type { OutlinedExcuse } from './outline.ts';
import type { Failure, Part, Remark } from './part.ts';
import type { Present, Publication } from './publication.ts';
import { Refusal } from './refusal.ts';
import type { ObjectId } from './timeline.ts';
import { short } from './words.ts';

/** What publishing a commit would change in `rendered`, and what would stop it. */
export interface Preview {
  /** The commit; of a work tree the one that it stands on, with `-dirty` where something else is saved. */
  readonly drySha: string;
  /** It is what is saved, committed or not: nothing publishes that. */
  readonly workTree?: true;
  /** The commit of `rendered` that it is compared with; undefined when nothing was published. */
  readonly base: string | undefined;
  readonly parts: readonly PartChange[];
  /** Environments whose pipeline file changes. */
  readonly pipelines: readonly string[];
  /** Apps whose image nobody built yet: its reference ends in the tree id. */
  readonly notBuilt: readonly { readonly app: string; readonly tree: string }[];
  /** Apps that cannot be rendered. */
  readonly failed: readonly Failure[];
  /** Excuses of changed apps that no longer hold: `apps/shop/app.ts: …`. */
  readonly expired: readonly string[];
  /** What is taken away without a reason: `in dev: shop is removed, …`. */
  readonly removals: readonly string[];
  /** The published commit that this one does not descend from: what that one brought reads as taken back. */
  readonly behind?: string | undefined;
}

export interface PartChange {
  readonly environment: string;
  readonly app: string;
  readonly change: 'added' | 'changed' | 'removed';
  readonly objects: readonly ObjectDifference[];
  /** Policies that it breaks by leave, or that only warn. */
  readonly remarks: readonly Noted[];
  /** What a cluster will not do: `statefulset-shop.yaml: spec.serviceName: …`, with the way out. */
  readonly refused: readonly string[];
}

/** A remark of a changed part. */
export interface Noted extends Remark {
  /** Nothing excused it before. */
  readonly newly?: true;
}

/** The files of one changed part that are not what they were, without its provenance. */
export interface Touched {
  readonly environment: string;
  readonly app: string;
  readonly change: PartChange['change'];
  readonly before: ReadonlyMap<string, ObjectId>;
  readonly after: ReadonlyMap<string, string>;
  readonly remarks: readonly Noted[];
}

/**
 * The changed parts of a publication, sorted by path order of their environments, then by app.
 * @param rendered the parts that it was composed of
 */
export function touchedBy(
  { commit, changed, published }: Pick<Publication, 'commit' | 'changed' | 'published'>,
  present: Present,
  rendered: readonly Part[],
): Touched[] {
  const parts = new Map(rendered.map((part) => [`${part.environment}/${part.app}`, part]));
  const stages = published.environments.map(({ name }) => name);
  const touched = changed.map((path) => {
    const [environment, app] = path.split('/') as [string, string];
    const there = present.files.get(path) ?? new Map();
    const inside = commit.writes.filter((write) => write.path.startsWith(`${path}/`));
    const files = inside.map((write) => ({ name: write.path.slice(path.length + 1), write }));
    const manifests = files.filter(({ name }) => name !== metadataFile);
    const before = manifests.flatMap(({ name }) => (there.has(name) ? [[name, there.get(name).id] as const] : []));
    const after = manifests.flatMap(({ name, write }) =>
      'deleted' in write ? [] : [[name, parts.get(path)?.files[name] ?? ''] as const],
    );
    const stood = [...there.keys()].filter((name) => name !== metadataFile).length;
    const left = stood + after.filter(([name]) => !there.has(name)).length - (manifests.length - after.length);
    const change = stood === 0 ? ('added' as const) : left === 0 ? ('removed' as const) : ('changed' as const);
    const known = present.published?.outlines[app]?.excuses ?? [];
    const remarks = (parts.get(path)?.remarks ?? []).map((remark) => noted(remark, environment, known));
    return { environment, app, change, before: new Map(before), after: new Map(after), remarks };
  });
  return touched
    .filter(({ app }) => app !== pipelineFile)
    .sort((a, b) => stages.indexOf(a.environment) - stages.indexOf(b.environment) || (a.app < b.app ? -1 : 1));
}

/** A remark, and whether its excuse is new in an environment. One that is renewed is not. */
function noted(remark: Remark, environment: string, known: readonly OutlinedExcuse[]): Noted {
  const { excuse } = remark;
  const same = (one: OutlinedExcuse) =>
    one.policy === excuse?.policy && one.object === excuse.object && one.in.includes(environment);
  return excuse && !known.some(same) ? { ...remark, newly: true } : remark;
}

/**
 * One changed part by object and field.
 * @param texts the files that stand there now, by object id
 * @param judge says which of its changes cannot be made
 * @throws {Refusal} naming a file that is no manifest
 */
export function partChange(
  { environment, app, change, before, after, remarks }: Touched,
  texts: ReadonlyMap<ObjectId, string | Buffer>,
  judge: (before: readonly Manifest[], after: readonly Manifest[]) => readonly string[],
): PartChange {
  const manifest = (name: string, text: string): Manifest => {
    try {
      return load(text) as Manifest;
    } catch (error) {
      throw new Refusal(`${environment}/${app}/${name} is not YAML: ${(error as Error).message.split('\n')[0]}`, {
        cause: error,
      });
    }
  };
  const old = [...before].map(([name, id]) => manifest(name, String(texts.get(id))));
  const now = [...after].map(([name, text]) => manifest(name, text));
  const read = (manifests: readonly Manifest[]) => manifests.map((one) => legible(one, value));
  const objects = objectDifferences(read(old), read(now));
  return { environment, app, change, objects, remarks, refused: judge(old, now) };
}

/** What a text says; undefined where it is no YAML. */
function value(text: string): unknown {
  try {
    return load(text);
  } catch {
    return undefined;
  }
}

/** `Deployment/shop: host-path until 2027-01-31 (team-shop): it reads the logs of the node`, or what a policy warns of. */
export const formatRemark = ({ object, policy, says, excuse, newly }: Noted): string =>
  excuse
    ? `${object}: ${policy} is ${newly ? 'newly ' : ''}excused until ${excuse.until} (${excuse.owner}): ${excuse.reason}`
    : `${object}: ${says} (${policy})`;

const signs = { added: '+', removed: '-', changed: '~' } as const;

/** One changed part: a line that names it, and below it what changes. */
export function formatPartChange(part: PartChange, notBuilt: Preview['notBuilt']): string[] {
  const { environment, app, change, objects, remarks, refused } = part;
  const trees = notBuilt.map(({ tree }) => `:${tree}`);
  return [
    `${signs[change]} ${environment}/${app}`,
    ...formatDifferences(objects).map(
      (line) => `  ${line}${trees.some((tree) => line.endsWith(tree)) ? ' (not built)' : ''}`,
    ),
    ...remarks.map((one) => `  ! ${formatRemark(one)}`),
    ...refused.map((line) => `  ! ${line}`),
  ];
}

/**
 * Changed parts, where what is the same in several environments stands once: `~ dev/shop, staging/shop`. Objects are
 * named without the namespace of their environment then.
 */
export function formatFolded(parts: readonly PartChange[], notBuilt: Preview['notBuilt']): string[] {
  const told = parts.map((part) => ({ part, lines: formatPartChange(part, notBuilt) }));
  const alike = Map.groupBy(told, ({ part, lines: [, ...lines] }) =>
    [part.app, part.change, ...lines.map((line) => withoutEnvironment(line, part.environment))].join('\n'),
  );
  return [...alike.values()].flatMap((same) => {
    const [{ part, lines }] = same as [(typeof told)[number]];
    if (same.length === 1) return lines;
    const names = same.map((one) => `${one.part.environment}/${one.part.app}`);
    const below = lines.slice(1).map((line) => withoutEnvironment(line, part.environment));
    return [`${signs[part.change]} ${names.join(', ')}`, ...below];
  });
}

/** `  ~ Deployment dev/shop` is `  ~ Deployment shop` in every environment. */
const withoutEnvironment = (line: string, environment: string): string =>
  line.replace(/^( {2}[+~-] \S+ )(argocd-)?([\w-]+)\//, (whole, object, platform = '', namespace) =>
    namespace === environment ? `${object}${platform ? 'argocd-…/' : ''}` : whole,
  );

/** What a person reads. The first sign of a line says what it is: `+` added, `-` removed, `~` changed, `!` look here. */
export function formatPreview(preview: Preview): string[] {
  const { base, parts, pipelines, notBuilt, failed, expired, removals, behind, workTree } = preview;
  const against = base ? `rendered at ${short(base)}` : 'nothing published yet';
  const lines = parts.flatMap((part) => formatPartChange(part, notBuilt));
  lines.push(...pipelines.map((environment) => `~ ${environment}/${pipelineFile}`));
  for (const { app, tree } of notBuilt)
    lines.push(
      `! ${app} is not built: on main its pipeline builds it${workTree ? '' : `; by hand, publish wants --image ${app}=…:${tree}@sha256:…`}`,
    );
  if (behind)
    lines.push(`! it does not have ${short(behind)}, which is published: what that brought reads as taken back`);
  lines.push(...[...expired, ...removals].map((line) => `! ${line}`));
  lines.push(...failed.flatMap(({ message }) => message.split('\n').map((line) => `! ${line}`)));
  const changes = parts.length + pipelines.length;
  const count = changes === 0 ? 'nothing would change' : `${changes} ${changes === 1 ? 'part' : 'parts'} would change`;
  return [...lines, `${previewed(preview)} against ${against}: ${count}`];
}

/** What is previewed: `1a2b3c4d5e6f`, or `work tree on 1a2b3c4d5e6f-dirty (never publishable)`. */
export function previewed({ drySha, workTree }: Pick<Preview, 'drySha' | 'workTree'>): string {
  const [commit = '', ...saved] = drySha.split('-');
  const name = [short(commit), ...saved].join('-');
  return workTree ? `work tree on ${name} (never publishable)` : name;
}

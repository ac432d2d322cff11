import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Git } from '../git/git.ts';
import { formatMetadata, formatPublished, type Metadata } from '../model/metadata.ts';
import { mode } from '../model/mode.ts';
import {
  applicationFile,
  environmentBranch,
  head,
  main,
  metadataFile,
  pipelineFile,
  publishedFile,
  rendered,
} from '../model/names.ts';
import { blobId, treeId } from '../model/object-id.ts';
import type { ObjectId } from '../model/timeline.ts';
import { stages } from './workload.ts';

/** A repository that has been at work for a long time. */
export interface Past {
  /** A bare one. */
  readonly remote: Git;
  readonly apps: readonly string[];
  /** So many commits each: of `main` and `rendered`, and of every environment branch with all that was merged into it. */
  readonly commits: number;
}

const repository = 'https://gitlab.example.com/group/slipway.git';
/** The first commit of all, in seconds since 1970, and how far apart publishes are. */
const [begin, apart] = [1_700_000_000, 3600];

/**
 * Makes it: each publish changes one app, which the first environment takes at once; every fourth is followed by a
 * promotion of three apps into the next ones, a chain of one commit per app and its merge; now and then one is reverted.
 * @param dir an empty folder
 */
export async function createPast(dir: string, count: number, commits: number): Promise<Past> {
  const remote = new Git(join(dir, 'past.git'));
  await new Git(dir).bytes(['init', '--quiet', '--bare', `--initial-branch=${main}`, remote.dir]);
  const apps = Array.from({ length: count }, (_, index) => `app-${String(index + 1).padStart(3, '0')}`);
  const marks = join(dir, 'marks');
  await imported(remote, join(dir, 'main.import'), mainOf(apps, commits), [`--export-marks=${marks}`]);
  const shas = new Map(
    (await readFile(marks, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(1).split(' ') as [string, ObjectId])
      .map(([mark, sha]) => [Number(mark), sha]),
  );
  const dry = (publish: number) => shas.get(publish + 1) ?? '';
  await imported(remote, join(dir, 'branches.import'), branchesOf(apps, commits, dry));
  return { remote, apps, commits };
}

/** Writes to a file what git is to take in, since a pipe would hold all of it in memory. */
async function imported(git: Git, file: string, lines: Iterable<string>, options: readonly string[] = []) {
  const stream = createWriteStream(file);
  for (const line of lines) if (!stream.write(line)) await once(stream, 'drain');
  stream.end();
  await once(stream, 'finish');
  await git.bytes(['fast-import', '--quiet', '--force', '--date-format=raw', ...options], createReadStream(file));
}

const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
const inline = (path: string, text: string) => `M 100644 inline ${path}\n${data(text)}`;
const by = (seconds: number) => `committer A Bench <bench@localhost.invalid> ${seconds} +0000\n`;

/** The app that a publish changes: none is next to itself, and the order is not that of their names. */
const changed = (apps: readonly string[], publish: number) => apps[(publish * 7 + (publish >> 5)) % apps.length] ?? '';

function* mainOf(apps: readonly string[], commits: number): Generator<string> {
  for (let publish = 0; publish < commits; publish++) {
    const touched = publish === 0 ? apps : [changed(apps, publish)];
    yield `commit ${head(main)}\nmark :${publish + 1}\n${by(begin + publish * apart)}${data(`feat(${touched[0]}): change ${publish}\n`)}`;
    for (const app of touched) yield inline(`apps/${app}/app.ts`, `export const app = { release: ${publish} };\n`);
  }
}

/** The files of a part. A release changes the pod, what says where it is from, and nothing else. */
function partOf(app: string, environment: string, release: number, drySha: string): Map<string, string> {
  const object = (kind: string, ...spec: string[]) =>
    `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: ${app}\n  namespace: ${environment}\n  labels:\n    app.kubernetes.io/name: ${app}\n    app.kubernetes.io/part-of: slipway\n    app.kubernetes.io/managed-by: slipway\nspec:\n${spec.map((line) => `  ${line}\n`).join('')}`;
  const image = `registry.example.com/bench/${app}:1.0.${release}@sha256:${drySha.padEnd(64, '0')}`;
  const pod = Array.from({ length: 30 }, (_, at) => `setting-${at}: ${app}-${at}`);
  const metadata: Metadata = {
    repoURL: repository,
    drySha,
    commands: [`slipway render --env ${environment} --app ${app} --image ${app}=${image}`],
    version: `1.0.${release}`,
    commit: drySha,
    images: { [app]: image },
  };
  return new Map([
    [applicationFile, object('Application', `path: ${app}`, `server: ${environment}`)],
    [`deployment-${app}.yaml`, object('Deployment', `image: ${image}`, `version: 1.0.${release}`, ...pod)],
    [metadataFile, formatMetadata(metadata)],
    ...['HorizontalPodAutoscaler', 'Ingress', 'NetworkPolicy', 'PodDisruptionBudget', 'Service'].map(
      (kind) => [`${kind.toLowerCase()}-${app}.yaml`, object(kind, ...pod.slice(0, 12))] as const,
    ),
  ]);
}

const idOf = (files: ReadonlyMap<string, string>): ObjectId =>
  treeId('sha1', new Map([...files].map(([name, text]) => [name, { mode: mode.file, id: blobId('sha1', text) }])));

/** An environment branch while it is written: its newest mark, and which release of each app stands there. */
interface Branch {
  tip: number;
  readonly stands: Map<string, ObjectId>;
  readonly before: Map<string, ObjectId>;
}

function* branchesOf(apps: readonly string[], commits: number, dryOf: (publish: number) => string): Generator<string> {
  let marks = 0;
  const trees = new Map<string, ObjectId>();
  const outline = { owner: 'team-bench', port: 3000, calls: ['redis'], routes: ['app.dev.example.com/'] };
  const base = { node: process.version, repository, source: '0'.repeat(64), images: {}, removed: {}, kept: [] };
  const path = stages.map((name, at) => ({ name, ...(at > 0 ? { after: stages[at - 1] as string } : {}), soak: 0 }));
  const branches = new Map<string, Branch>();
  const pipeline = 'include: generators/ci/environment.yml\n';
  /** A commit of an environment's branch, or of a proposal to it. */
  const commit = (branch: string, from: readonly number[], seconds: number, words: string, changes: string): string => {
    const parents = from.map((mark, at) => `${at === 0 ? 'from' : 'merge'} :${mark}\n`).join('');
    return `commit ${branch}\nmark :${++marks}\n${by(seconds)}${data(`${words}\n`)}${parents}${changes}`;
  };
  const put = (app: string, id: ObjectId) => `M 040000 ${id} ${app}\n`;

  for (let publish = 0; publish < commits; publish++) {
    const seconds = begin + publish * apart + 60;
    const drySha = dryOf(publish);
    const touched = publish === 0 ? apps : [changed(apps, publish)];
    const keys = Object.fromEntries(
      apps.map((app) => [app, blobId('sha1', `${app} ${trees.get(`dev/${app}`) ?? ''}`)]),
    );
    const outlines = Object.fromEntries(apps.map((app) => [app, outline]));
    yield `commit ${head(rendered)}\nmark :${++marks}\n${by(seconds)}${data(`Publish ${drySha}\n`)}`;
    yield inline(publishedFile, formatPublished({ ...base, drySha, environments: path, keys, outlines, trees: {} }));
    for (const stage of stages) {
      if (publish === 0) yield inline(`${stage}/${pipelineFile}`, pipeline);
      for (const app of touched) {
        const files = partOf(app, stage, publish, drySha);
        trees.set(`${stage}/${app}`, idOf(files));
        for (const [name, text] of files) yield inline(`${stage}/${app}/${name}`, text);
      }
    }
    if (publish === 0) {
      for (const stage of stages) {
        yield commit(head(environmentBranch(stage)), [], seconds, `Make ${stage}`, inline(pipelineFile, pipeline));
        branches.set(stage, { tip: marks, stands: new Map(), before: new Map() });
      }
    }
    const parts = (stage: string) => new Map(apps.map((app) => [app, trees.get(`${stage}/${app}`) as ObjectId]));
    const set = (branch: Branch, app: string, id: ObjectId) => {
      branch.before.set(app, branch.stands.get(app) ?? id);
      branch.stands.set(app, id);
    };
    for (const [at, stage] of stages.entries()) {
      const branch = branches.get(stage) as Branch;
      const ref = head(environmentBranch(stage));
      const desired = parts(stage);
      const lacking = apps.filter((app) => branch.stands.get(app) !== desired.get(app));
      if (at === 0) {
        for (const app of lacking) {
          const id = desired.get(app) as ObjectId;
          yield commit(ref, [branch.tip], seconds, `Take ${app} 1.0.${publish}`, put(app, id));
          branch.tip = marks;
          set(branch, app, id);
        }
      } else if (publish === 0 || publish % 4 === 0) {
        const some = publish === 0 ? lacking : lacking.slice(0, 3);
        const onto = branch.tip;
        let chain = onto;
        let all = '';
        for (const app of some) {
          const id = desired.get(app) as ObjectId;
          yield commit('refs/bench/next', [chain], seconds + at * 600, `Promote ${app} to ${stage}`, put(app, id));
          chain = marks;
          all += put(app, id);
          set(branch, app, id);
        }
        const words = `Merge branch 'env/${stage}-next' into 'env/${stage}'\n\nPromote ${some.length} apps to ${stage}\n\nSee merge request group/slipway!${publish}`;
        yield commit(ref, [onto, chain], seconds + at * 900, words, all);
        branch.tip = marks;
        const [app] = some;
        const back = app && branch.before.get(app);
        if (app && back && publish % 200 === 0 && back !== branch.stands.get(app)) {
          yield commit(
            ref,
            [branch.tip],
            seconds + at * 900 + 300,
            `Revert "Promote ${app} to ${stage}"\n\nIt answers late.`,
            put(app, back),
          );
          branch.tip = marks;
          branch.stands.set(app, back);
        }
      }
    }
  }
}

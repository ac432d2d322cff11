import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Git } from '../git/git.ts';
import { broughtTime } from '../model/delivery.fixture.ts';
import { formatMetadata, formatPublished } from '../model/metadata.ts';
import { environmentBranch, head, metadataFile, pipelineFile, publishedFile, rendered } from '../model/names.ts';
import type { Told } from '../model/story.fixture.ts';
import type { Context } from './context.ts';
import type { Scope } from './sandbox.fixture.ts';

/** A story as a repository, in two gits and no render: for whoever reads branches. */
export async function repositoryOf(t: Scope, told: Told): Promise<Context> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-story-'));
  t.after(() => rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  const checkout = new Git(join(dir, 'checkout'));
  await mkdir(checkout.dir);
  await checkout.bytes(['init', '--quiet', '--initial-branch=main']);
  const marks = join(dir, 'marks');
  await checkout.bytes(['fast-import', '--quiet', '--done', `--export-marks=${marks}`], `${mainOf(told)}done\n`);
  const lines = (await readFile(marks, 'utf8')).trimEnd().split('\n');
  const shas = new Map(lines.map((line) => line.slice(1).split(' ') as [string, string]));
  const sha = (dry: string) => shas.get(String(1000 + told.main.findIndex((one) => one.sha === dry))) ?? '';
  await checkout.bytes(['fast-import', '--quiet', '--done'], `${branchesOf(told, sha)}done\n`);
  return { checkout, remote: checkout.dir, now: () => told.now, say: () => {} };
}

/** https://git-scm.com/docs/git-fast-import#_commit */
function commit(
  ref: string,
  time: number,
  words: string,
  changes: string,
  { mark = 0, parents = '', by = 'Ann' } = {},
) {
  const who = `${by} <${by.toLowerCase()}@example.com>`;
  const at = `${Math.floor(time / 1000)} +0000`;
  return `commit ${ref}\n${mark > 0 ? `mark :${mark}\n` : ''}author ${who} ${at}\ncommitter ${who} ${at}\n${data(words)}${parents}${changes}\n`;
}
const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
const file = (path: string, text: string) => `M 100644 inline ${path}\n${data(text)}`;

/** Marks from 1000 on are those of the first-parent chain; the merged branches have what is above 100,000. */
function mainOf({ main }: Told): string {
  let brought = 100_000;
  return main
    .map(({ name, time, touches, brought: own }, index) => {
      const from = index > 0 ? `from :${999 + index}\n` : '';
      const changes = (of: string) => touches.map((app) => file(`apps/${app}/${of}.ts`, `${of}\n`)).join('');
      const branches = own.map((_, at) => {
        const mark = ++brought;
        const parents = at === 0 ? from : `from :${mark - 1}\n`;
        return commit('refs/heads/topic', broughtTime(time, at), `${name} ${at}`, changes(`${name}-${at}`), {
          mark,
          parents,
        });
      });
      const parents = `${from}${own.length > 0 ? `merge :${brought}\n` : ''}`;
      // A merge repeats what its branch did: against its second parent it changes nothing.
      const all = own.length > 0 ? own.map((_, at) => changes(`${name}-${at}`)).join('') : changes(name);
      return [...branches, commit('refs/heads/main', time, name, all, { mark: 1000 + index, parents })].join('');
    })
    .join('');
}

function branchesOf(
  { path, rendered: { commits, timelines }, published, metadata, times, environments }: Told,
  sha: (dry: string) => string,
) {
  /** What stands at a path: the files of a part of ours, one that somebody wrote, or the pipeline file. */
  const put = (at: string, part: string | undefined): string => {
    if (at.endsWith(pipelineFile)) return part === undefined ? '' : file(at, `${part}\n`);
    const found = metadata.get(part ?? '');
    if (part === undefined) return `D ${at}\n`;
    const files = found
      ? [
          file(`${at}/${metadataFile}`, formatMetadata({ ...found, drySha: sha(found.drySha) })),
          ...(found.removed ? [] : [file(`${at}/deployment.yaml`, `${part}\n`)]),
        ]
      : [file(`${at}/by-hand.yaml`, `${part}\n`)];
    return `D ${at}\n${files.join('')}`;
  };
  const about = {
    node: 'v24.0.0',
    repository: 'https://git.example.com/r',
    images: {},
    source: '',
    keys: {},
    removed: {},
    outlines: {},
    trees: {},
    kept: [],
  };
  const stages = path.map((name, at) => ({ name, soak: 0, ...(at > 0 ? { after: path[at - 1] as string } : {}) }));
  const publishes = commits.map((one, place) => {
    const drySha = sha(published.get(one) ?? '');
    const parts = [...timelines].flatMap(([at, timeline]) => {
      const part = timeline.at(place);
      return part !== undefined && timeline.place(part) === place ? [put(at, part)] : [];
    });
    const all = [...parts, file(publishedFile, formatPublished({ ...about, drySha, environments: stages }))].join('');
    return commit(head(rendered), times.get(one) ?? 0, `Publish ${drySha}`, all);
  });
  const taken = [...environments].flatMap(([environment, { course }]) =>
    [...Map.groupBy(course.standings, ({ commit: one }) => one)]
      .toReversed()
      .map(([one, standings]) =>
        commit(
          head(environmentBranch(environment)),
          times.get(one) ?? 0,
          `commit ${one}`,
          standings.map(({ name, part }) => put(name, part)).join(''),
        ),
      ),
  );
  return [...publishes, ...taken].join('');
}

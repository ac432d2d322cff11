import { renderedFrom } from '../git/sources.ts';
import type { Saved, WorkTree } from '../git/work-tree.ts';
import type { Bundle } from '../model/bundle.ts';
import type { Published } from '../model/metadata.ts';
import { mode } from '../model/mode.ts';
import { pipelineFile } from '../model/names.ts';
import { blobId, type ObjectFormat } from '../model/object-id.ts';
import type { Summary } from '../model/part.ts';
import type { PartChange, Preview } from '../model/preview.ts';
import type { Present, Publication } from '../model/publication.ts';
import type { Entry, ObjectId } from '../model/timeline.ts';
import { uncommitted } from '../model/words.ts';
import { type Basis, basisAmong, renderOn } from './bundle.ts';
import { changesOf, compared, notBuiltIn } from './comparison.ts';
import { Hydration } from './hydrate-commit.ts';

/** A commit rendered in memory: `rendered` as it would be had this commit been published, and nothing been written. */
interface Standing {
  readonly head: string;
  readonly builds: Basis['builds'];
  readonly present: Present;
  readonly texts: ReadonlyMap<ObjectId, string>;
}

/** What a render is asked for. */
type Asked = Pick<Saved, 'commit' | 'head'>;

/** A child that has loaded everything but apps, and waits to be told which. */
interface Warm {
  /** What it has loaded. */
  readonly shared: string;
  readonly hydration: Hydration;
}

/**
 * What is saved in a work tree, held against what HEAD renders. HEAD is rendered once, until it moves; of what is saved
 * only the apps that could be otherwise are, in a child that was started before anything was saved. It is the render of
 * `publish`, under the same traps.
 */
export class Rehearsal {
  readonly #tree: WorkTree;
  readonly #format: ObjectFormat;
  readonly #say: (line: string) => void;
  #standing: Standing | undefined;
  #warm: Warm | undefined;
  #closed = false;
  #summary: Pick<Summary, 'environments' | 'apps'> = { environments: [], apps: [] };

  constructor(tree: WorkTree, format: ObjectFormat, say: (line: string) => void) {
    this.#tree = tree;
    this.#format = format;
    this.#say = say;
  }

  /** Whether HEAD was rendered. */
  get stands(): boolean {
    return this.#standing !== undefined;
  }

  /** What was rendered last is for these environments. */
  get environments(): readonly string[] {
    return this.#summary.environments.map(({ name }) => name);
  }

  /** Every app of what was rendered last, and of HEAD. */
  get apps(): readonly string[] {
    return [...new Set([...this.#summary.apps, ...Object.keys(this.#standing?.present.published?.keys ?? {})])].sort();
  }

  /** Renders HEAD, where that was not done. @throws {Refusal} when it cannot be rendered at all */
  async stand({ head }: Pick<Saved, 'head'>): Promise<void> {
    if (this.#standing?.head === head) return;
    const empty = { trees: new Map(), folders: new Map(), files: new Map(), pipelines: new Map() };
    const before = this.#standing ?? { present: { format: this.#format, ...empty }, texts: new Map() };
    const { bundle, basis } = await this.#render({ commit: head, head }, before.present);
    const { publication } = compared(bundle, basis.sources, before.present);
    this.#standing = { head, builds: basis.builds, ...after(before, publication, bundle) };
  }

  /**
   * What committing and publishing what is saved would change of what HEAD renders.
   * @throws {Refusal} when what is saved cannot be rendered as a whole
   */
  async preview({ commit, head, dirty }: Saved): Promise<Preview> {
    await this.stand({ head });
    const { present, texts } = this.#standing as Standing;
    const nothing = { base: undefined, parts: [], pipelines: [], notBuilt: [], failed: [], expired: [], removals: [] };
    if (!dirty) return { ...nothing, drySha: head, workTree: true };
    const { bundle, basis } = await this.#render({ commit, head }, present);
    const { publication, touched } = compared(bundle, basis.sources, present);
    const parts: readonly PartChange[] = changesOf(touched, texts);
    const changed = new Set(parts.map(({ app }) => app));
    return {
      ...nothing,
      drySha: uncommitted(head),
      workTree: true,
      parts,
      pipelines: publication.changed.flatMap((path) => (path.endsWith(`/${pipelineFile}`) ? [stageOf(path)] : [])),
      notBuilt: notBuiltIn(bundle).filter(({ app }) => changed.has(app)),
      failed: bundle.kept,
    };
  }

  /** Ends what waits. */
  close(): void {
    this.#closed = true;
    this.#warm?.hydration.close();
    this.#warm = undefined;
  }

  async #render({ commit, head }: Asked, { published }: Present) {
    const { git } = this.#tree;
    const [basis, index] = await Promise.all([
      this.#builds({ commit, head }).then((builds) => {
        const request = { dry: commit, base: undefined, images: new Map(), uncommitted: head, builds };
        return basisAmong(git, request, only(published));
      }),
      git.named(`${commit}:apps/index.ts`),
    ]);
    const shared = [...basis.sources.shared, index].join();
    const warm = this.#warm?.shared === shared ? this.#warm : undefined;
    if (!warm) this.#warm?.hydration.close();
    this.#warm = undefined;
    const hydration = warm?.hydration ?? this.#hydration(commit);
    try {
      const take = (part: Bundle['parts'][number]) => part;
      const bundle = await renderOn(basis, hydration, { keepGoing: true, unbuilt: true, take });
      this.#summary = bundle.summary;
      return { bundle, basis };
    } finally {
      hydration.close();
      // The next save finds it ready.
      if (!this.#closed) this.#warm = { shared, hydration: this.#hydration(commit) };
    }
  }

  /** What HEAD's images are built from, where no such folder was saved otherwise. */
  async #builds({ commit, head }: Asked): Promise<Basis['builds'] | undefined> {
    if (this.#standing?.head !== head || commit === head) return undefined;
    const changed = await this.#tree.git.lines(['diff-tree', '--name-only', head, commit]);
    return changed.every((name) => renderedFrom.includes(name)) ? this.#standing.builds : undefined;
  }

  #hydration(commit: string): Hydration {
    return new Hydration(this.#tree.git, commit, this.#say, { uncommitted: true });
  }
}

/** `dev` of `dev/.gitlab-ci.yml`. */
const stageOf = (path: string) => path.slice(0, path.indexOf('/'));

async function* only(published: Published | undefined): AsyncGenerator<Published, undefined> {
  if (published) yield published;
}

/** What stands once a publication was made, and the texts of its files. */
function after(
  { present, texts: known }: Pick<Standing, 'present' | 'texts'>,
  { commit, folders, published }: Publication,
  bundle: Bundle,
): Pick<Standing, 'present' | 'texts'> {
  const files = new Map([...present.files].map(([path, entries]) => [path, new Map(entries)]));
  const pipelines = new Map(present.pipelines);
  const texts = new Map(known);
  const parts = new Map(bundle.parts.map((part) => [`${part.environment}/${part.app}`, part]));
  for (const write of commit.writes) {
    const [environment = '', app = '', name] = write.path.split('/');
    if (name === undefined) {
      if (app === pipelineFile && 'bytes' in write) pipelines.set(environment, String(write.bytes));
      continue;
    }
    const path = `${environment}/${app}`;
    const entries = files.get(path) ?? new Map<string, Entry>();
    files.set(path, entries);
    if ('deleted' in write) entries.delete(name);
    else if ('id' in write) {
      entries.set(name, { mode: mode.file, id: write.id });
      texts.set(write.id, parts.get(path)?.files[name] ?? '');
    } else entries.set(name, { mode: mode.file, id: blobId(present.format, write.bytes) });
  }
  const trees = new Map(Object.entries(published.trees));
  return { present: { ...present, published, trees, folders, files, pipelines }, texts };
}

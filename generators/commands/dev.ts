import { styleText } from 'node:util';
import type { Git } from '../git/git.ts';
import { ownFolder } from '../git/own-folder.ts';
import { renderedFrom } from '../git/sources.ts';
import { type Saved, WorkTree } from '../git/work-tree.ts';
import { instead, notAnEnvironment } from '../model/nearest.ts';
import type { ObjectFormat } from '../model/object-id.ts';
import { formatFolded, formatPartChange, type Preview } from '../model/preview.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { short, visible } from '../model/words.ts';
import { type RunningApp, runningApps } from './built-apps.ts';
import { checkoutHere } from './checkout.ts';
import { coloured } from './coloured.ts';
import { Services } from './dev-services.ts';
import type { Asked } from './main.ts';
import { wipe } from './progress.ts';
import { Saves } from './saves.ts';
import { Rehearsal } from './standing.ts';
import { harmless } from './terminal.ts';

interface Options {
  /** Only these apps. @default all */
  readonly apps: readonly string[];
  readonly environment: string | undefined;
  readonly port: number | undefined;
  readonly logs: boolean;
}

/** `dev [APP…]`: the inner loop. */
export async function run({ values, words }: Asked): Promise<void> {
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65_536))
    throw new Misuse(`--port ${values.port}: a whole number below 65536; 0 takes any free one.`);
  const checkout = await checkoutHere();
  const dir = await ownFolder('slipway-dev-');
  // Renders, and whatever else is written for a moment, stand in it: it is what the next start removes.
  process.env.TMPDIR = dir;
  const options = { apps: words, environment: values.env as string | undefined, port, logs: values.logs === true };
  const loop = await Loop.open(checkout, dir, options);
  const stop = asked();
  try {
    await Promise.race([stop, loop.failed]);
  } finally {
    await loop.close();
  }
  process.exit();
}

/** Waits for somebody who wants it to end. Who asks again after a second does not want to wait. */
function asked(): Promise<void> {
  return new Promise((resolve) => {
    let since: number | undefined;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      // A terminal's Ctrl-C comes twice where a launcher passes it on.
      process.on(signal, () => {
        since ??= performance.now();
        if (performance.now() - since > 1000) process.exit(130);
        resolve();
      });
    }
  });
}

function print(line: string): void {
  wipe();
  console.log(line);
}

/** One line of what happens, with its time. */
function tell(line: string): void {
  const time = new Date().toTimeString().slice(0, 8);
  const isTrouble = line.startsWith('! ');
  const clean = harmless(line);
  print(`${time} ${isTrouble ? styleText('red', clean, { stream: process.stdout }) : clean}`);
}

/** What is saved is run and shown, save after save. */
class Loop {
  readonly #options: Options;
  readonly #tree: WorkTree;
  readonly #rehearsal: Rehearsal;
  readonly #services: Services;
  readonly #saves: Saves;
  /** Rejects with what nobody expected. */
  readonly failed: Promise<never>;
  #fail: (error: unknown) => void = () => {};
  #last: Saved | undefined;
  #apps: readonly RunningApp[] | undefined;
  /** What was shown of each part. */
  #shown = new Map<string, string>();
  #turn: Promise<void> = Promise.resolve();
  #waiting: number | undefined;
  #closed = false;

  private constructor(checkout: Git, tree: WorkTree, surroundings: Surroundings, options: Options) {
    const { dir, gitDir, format } = surroundings;
    this.#options = options;
    this.#tree = tree;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.#rehearsal = new Rehearsal(tree, format, tell);
    const { port, logs } = options;
    this.#services = new Services({ root: checkout.dir, dir, port, logs, tell });
    this.#saves = new Saves(checkout.dir, gitDir, (at) => this.#take(at));
  }

  static async open(checkout: Git, dir: string, options: Options): Promise<Loop> {
    const question = ['rev-parse', '--absolute-git-dir', '--show-object-format'];
    const [gitDir = '', format = ''] = await checkout.lines(question);
    const tree = await WorkTree.open(checkout);
    const loop = new Loop(checkout, tree, { dir, gitDir, format: format as ObjectFormat }, options);
    loop.#take(performance.now());
    return loop;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#saves.close();
    this.#rehearsal.close();
    await this.#services.close();
    await this.#tree.close();
  }

  /** One save after another; what is saved meanwhile is one more. */
  #take(at: number): void {
    if (this.#waiting !== undefined) return;
    this.#waiting = at;
    this.#turn = this.#turn.then(async () => {
      const since = this.#waiting ?? at;
      this.#waiting = undefined;
      try {
        await this.#see(since);
      } catch (error) {
        // What was cut off in the middle is no news.
        if (this.#closed) return;
        if (!(error instanceof Refusal)) return this.#fail(error);
        for (const line of error.message.split('\n')) tell(`! ${line}`);
      }
    });
  }

  async #see(since: number): Promise<void> {
    const last = this.#last;
    const saved = await this.#tree.save();
    if (saved.commit === last?.commit && saved.head === last.head) return;
    if (!last && !(await this.#isKnown(saved))) return;
    this.#last = saved;
    const files = last ? await this.#tree.git.lines(['diff-tree', '-r', '--name-only', last.commit, saved.commit]) : [];
    const changed = new Set(files.map((file) => file.split('/')[0] as string));
    const sources = new Set(this.#apps?.map(({ folder }) => folder));
    const isRendered = [...changed].some((name) => renderedFrom.includes(name));
    if (isRendered || [...changed].some((name) => sources.has(name))) tell(`saved ${few(files)}`);
    else if (last && saved.head !== last.head) tell(`HEAD is ${short(saved.head)} now`);
    const serving = this.#serve(saved, changed);
    // Whoever waits for the other hears of it.
    serving.catch(() => {});
    // What an image is built from is seen where it runs; what its new name changes is seen when something else does.
    if (!last || saved.head !== last.head || isRendered) await this.#show(saved, since);
    if (!last) await serving;
  }

  async #serve(saved: Saved, changed: ReadonlySet<string>): Promise<void> {
    try {
      if (!this.#apps || changed.has('apps')) this.#apps = await this.#running(saved);
      await this.#services.run(this.#apps, changed);
    } catch (error) {
      if (this.#closed) return;
      // Of a definition that cannot be loaded the render tells.
      if (!(error instanceof Refusal)) return this.#fail(error);
      if (!this.#apps) tell(`! ${error.message}`);
    }
  }

  async #running({ commit }: Saved): Promise<readonly RunningApp[]> {
    const { apps } = this.#options;
    const isWanted = (app: string) => apps.length === 0 || apps.includes(app);
    const found = (await runningApps(this.#tree.git, commit)).filter(({ app }) => isWanted(app));
    if (found.length === 0 && !this.#apps)
      tell(
        `${apps.length > 0 ? `${apps.join(', ')}: not built here` : 'nothing is built here'}, so nothing runs: what is saved is rendered and compared`,
      );
    return found;
  }

  /** Shows what changed since it was last shown, held against what HEAD renders. */
  async #show(saved: Saved, since: number): Promise<void> {
    const isFirst = this.#shown.size === 0 && !this.#rehearsal.stands;
    if (isFirst) tell(`${short(saved.head)} is rendered, to compare with …`);
    const preview = await this.#rehearsal.preview(saved);
    const parts = preview.parts.filter((part) => this.#isWanted(part));
    const texts = new Map(
      parts.map((part) => [`${part.environment}/${part.app}`, formatPartChange(part, preview.notBuilt).join('\n')]),
    );
    const news = parts.filter(({ environment, app }) => {
      const path = `${environment}/${app}`;
      return texts.get(path) !== this.#shown.get(path);
    });
    const failed = new Set(preview.failed.map(({ app }) => app));
    // What cannot be rendered is neither as it was nor as HEAD has it.
    const unknown = [...this.#shown].filter(([path]) => failed.has(path.split('/')[1] ?? ''));
    const gone = [...this.#shown.keys()].filter((path) => !texts.has(path) && !failed.has(path.split('/')[1] ?? ''));
    this.#shown = new Map([...unknown, ...texts]);
    for (const line of formatFolded(news, preview.notBuilt)) print(coloured(line));
    for (const line of failures(preview, this.#options.apps)) tell(`! ${line}`);
    const seconds = ((performance.now() - since) / 1000).toFixed(2);
    const back = gone.length > 0 ? `${gone.join(', ')} as in HEAD again; ` : '';
    const apps = new Set(parts.map(({ app }) => app)).size;
    const all =
      parts.length === 0 ? 'nothing differs' : `${parts.length} parts of ${apps} ${apps === 1 ? 'app' : 'apps'} differ`;
    const broken = [...failed].filter((app) => this.#options.apps.length === 0 || this.#options.apps.includes(app));
    const kept = broken.length > 0 ? `${broken.join(', ')} cannot be rendered; of the rest ` : '';
    tell(`${back}${kept}${all} from ${short(saved.head)} (${seconds} s)`);
  }

  #isWanted({ environment, app }: { readonly environment: string; readonly app: string }): boolean {
    const { apps, environment: only } = this.#options;
    return (only ?? environment) === environment && (apps.length === 0 || apps.includes(app));
  }

  /** Whether there are such apps and such an environment; where not, the loop ends before anything runs. */
  async #isKnown(saved: Saved): Promise<boolean> {
    const { environment, apps } = this.#options;
    const folders = await this.#tree.git.lines(['ls-tree', '-d', '--name-only', saved.commit, 'apps/']);
    const known = folders.map((folder) => folder.slice('apps/'.length));
    const unknown = apps.find((app) => !known.includes(app));
    if (unknown !== undefined) this.#fail(new Misuse(`${unknown} is not an app; ${instead(unknown, known)}`));
    if (unknown !== undefined || environment === undefined) return unknown === undefined;
    // Only a render tells which environments there are. One that fails is told where it is shown.
    tell(`${short(saved.head)} is rendered, to compare with …`);
    await this.#rehearsal.preview(saved).catch((error: Error) => {
      if (!(error instanceof Refusal)) throw error;
    });
    const { environments } = this.#rehearsal;
    if (environments.length === 0 || environments.includes(environment)) return true;
    this.#fail(notAnEnvironment(`--env ${environment}`, environments));
    return false;
  }
}

interface Surroundings {
  readonly dir: string;
  readonly gitDir: string;
  readonly format: ObjectFormat;
}

/** What cannot be rendered, a line each. */
const failures = ({ failed }: Preview, apps: readonly string[]): string[] =>
  failed.flatMap(({ app, message }) => (apps.length === 0 || apps.includes(app) ? message.split('\n') : []));

const few = (files: readonly string[]) =>
  files
    .slice(0, 4)
    .map((file) => visible(file, 200))
    .join(', ') + (files.length > 4 ? `, and ${files.length - 4} more` : '');

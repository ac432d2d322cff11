import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { load } from 'js-yaml';
import { isInstalled } from '../runtime/installed.ts';
import type { EnvironmentRuntime } from '../runtime/runtime.ts';
import { filesIn, Gathered } from './gathered.ts';
import { Kept } from './kept.ts';
import { checkPrograms, programs } from './programs.ts';

/** How often it looks for rules and probes that are other ones by now, in milliseconds. */
const period = 1000;

/** How long and how much is remembered: a demo, or some days of work, and never the disk. */
const retention = ['--storage.tsdb.retention.time=15d', '--storage.tsdb.retention.size=512MB'];

/** Where on this machine is what prometheus.yml names. */
export interface Places {
  /** Answers `/pod` and `/ingress` as Prometheus asks for targets. */
  readonly targets: string;
  /** Host and port of the blackbox exporter; undefined where there is none. */
  readonly blackbox: string | undefined;
  /** The files with rules. */
  readonly rules: string;
  readonly environments: readonly string[];
}

/** The text of prometheus.yml for this machine. */
export type Watching = (places: Places) => string;

export interface ObservatorySettings {
  /** The world's folder. */
  readonly world: string;
  /** Answers `/pod` and `/ingress`. */
  readonly targets: string;
  readonly runtimes: readonly EnvironmentRuntime[];
  readonly watching: Watching;
}

/** A real Prometheus, and a real blackbox exporter where the machine has one, that watch what runs in a local world. */
export class Observatory {
  readonly #prometheus: Kept;
  readonly #blackbox: Kept | undefined;
  readonly #gathered: readonly Gathered[];
  readonly #timer: NodeJS.Timeout;
  #turn: Promise<void> | undefined;
  #looks = 0;

  private constructor(prometheus: Kept, blackbox: Kept | undefined, gathered: readonly Gathered[]) {
    this.#prometheus = prometheus;
    this.#blackbox = blackbox;
    this.#gathered = gathered;
    this.#timer = setInterval(() => this.#tick(), period);
    this.#tick();
  }

  /** @throws {Refusal} when one of its programs does not work */
  static async open({ world, targets, runtimes, watching }: ObservatorySettings): Promise<Observatory> {
    await checkPrograms();
    const dir = join(world, 'observe');
    await mkdir(dir, { recursive: true });
    const wanted = (what: 'rules' | 'probes') => () => new Map(runtimes.flatMap((one) => [...one.watched(what)]));

    const blackbox = (await isInstalled(programs.blackbox)) ? await startBlackbox(dir) : undefined;
    const rules = join(dir, 'rules');
    const gathered: Gathered[] = [];
    if (blackbox) {
      const probes = join(dir, 'probes');
      const changed = async () => {
        await writeFile(modulesFile(dir), joined(await Promise.all((await filesIn(probes)).map(text))));
        return blackbox.reload();
      };
      gathered.push(await Gathered.in({ dir: probes, wanted: wanted('probes'), check: refusedModules, changed }));
    }
    const config = join(dir, 'prometheus.yml');
    await writeFile(
      config,
      watching({
        targets,
        blackbox: blackbox && new URL(blackbox.url).host,
        rules: join(rules, '*.yaml'),
        environments: runtimes.map(({ environment }) => environment),
      }),
    );
    let prometheus: Kept;
    const reload = () => prometheus.reload();
    gathered.push(await Gathered.in({ dir: rules, wanted: wanted('rules'), check: refusedRules, changed: reload }));
    try {
      prometheus = await startPrometheus(dir, config);
    } catch (error) {
      await blackbox?.stop();
      throw error;
    }
    return new Observatory(prometheus, blackbox, gathered);
  }

  /** Where Prometheus answers. */
  get url(): string {
    return this.#prometheus.url;
  }

  /** What does not work, one sentence each. */
  get troubles(): readonly string[] {
    const ended = [this.#prometheus, this.#blackbox].flatMap((one) => one?.trouble ?? []);
    const blind = `nobody asks public addresses, as NothingProbed says: ${programs.blackbox} is not installed`;
    return [...(this.#blackbox ? [] : [blind]), ...ended, ...this.#gathered.flatMap(({ troubles }) => troubles)];
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#turn;
    await Promise.all([this.#prometheus.stop(), this.#blackbox?.stop()]);
  }

  #tick(): void {
    this.#turn ??= this.#look()
      .catch((error: Error) => console.error(`observe: ${error.stack}`))
      .finally(() => {
        this.#turn = undefined;
      });
  }

  async #look(): Promise<void> {
    for (const gathered of this.#gathered) await gathered.look();
    if (++this.#looks % 10 === 0) for (const one of [this.#prometheus, this.#blackbox]) one?.boundLog();
  }
}

const startPrometheus = (dir: string, config: string) =>
  Kept.start({
    name: 'prometheus',
    command: programs.prometheus,
    args: (port) => [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      ...retention,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-lifecycle',
      '--enable-feature=exemplar-storage',
      '--log.level=warn',
    ],
    dir,
    ready: '/-/ready',
  });

const modulesFile = (dir: string) => join(dir, 'blackbox.yml');

async function startBlackbox(dir: string): Promise<Kept> {
  await writeFile(modulesFile(dir), joined([]));
  const args = (port: number) => [
    `--config.file=${modulesFile(dir)}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=warn',
  ];
  return Kept.start({ name: 'blackbox', command: programs.blackbox, args, dir, ready: '/-/healthy' });
}

/** The modules of several files in one: https://github.com/prometheus/blackbox_exporter/blob/master/CONFIGURATION.md */
const joined = (files: readonly string[]) =>
  JSON.stringify({ modules: Object.assign({}, ...files.map((file) => (load(file) as { modules: object }).modules)) });

const text = (file: string) => readFile(file, 'utf8');

/** @returns why Prometheus would refuse a file of rules */
const refusedRules = (file: string) => refused(programs.promtool, ['check', 'rules', file], file);

/** @returns why the blackbox exporter would refuse a file of modules */
const refusedModules = (file: string) =>
  refused(programs.blackbox, ['--config.check', `--config.file=${file}`, '--log.level=error'], file);

/** @returns what a program says that refuses a file, on one line and without its path */
const refused = (program: string, args: readonly string[], file: string) =>
  new Promise<string | undefined>((resolve) => {
    execFile(program, args, { timeout: 20_000 }, (error, stdout, stderr) => {
      const said = `${stderr}${stdout}`
        .replaceAll(file, basename(file))
        .trim()
        .split(/\s*\n\s*/)
        .join(' ');
      resolve(error ? `${program} refuses it: ${said.slice(-500) || error.message}` : undefined);
    });
  });

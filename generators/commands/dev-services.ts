import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Front } from '../../clusters/local/inner/front.ts';
import { type Redis, startRedis } from '../../clusters/local/inner/redis.ts';
import { Service } from '../../clusters/local/inner/service.ts';
import { parseImage } from '../model/image.ts';
import { Refusal } from '../model/refusal.ts';
import { visible } from '../model/words.ts';
import type { RunningApp } from './built-apps.ts';

export interface ServicesSettings {
  /** The checkout. */
  readonly root: string;
  /** A folder for what they keep; it goes with them. */
  readonly dir: string;
  /** Where the first of them answers; undefined is where its definition says, if nobody has that. */
  readonly port: number | undefined;
  /** Whether everything is told that they say, and not warnings and errors alone. */
  readonly logs: boolean;
  readonly tell: (line: string) => void;
}

interface Served {
  readonly front: Front;
  readonly service: Service;
  /** Its definition, as it was started with. */
  defined: string;
}

/** The apps of a checkout whose source stands in it, run as it is saved, beside a Redis of their own. */
export class Services {
  readonly #settings: ServicesSettings;
  readonly #served = new Map<string, Served>();
  #redis: Promise<Redis> | undefined;

  constructor(settings: ServicesSettings) {
    this.#settings = settings;
  }

  /** Starts what does not run, and starts again what is in one of these folders or is defined otherwise than before. */
  async run(apps: readonly RunningApp[], changed: ReadonlySet<string>): Promise<void> {
    await Promise.all(
      apps.map(async (app) => {
        const served = this.#served.get(app.app);
        if (served && !changed.has(app.folder) && served.defined === JSON.stringify(app)) return;
        try {
          await this.#start(app, served);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          this.#settings.tell(`! ${error.message}`);
        }
      }),
    );
  }

  async close(): Promise<void> {
    for (const { front } of this.#served.values()) front.close();
    await Promise.all([...this.#served.values()].map(({ service }) => service.close()));
    await this.#redis?.then((redis) => redis.stop()).catch(() => {});
  }

  async #start(app: RunningApp, before: Served | undefined): Promise<void> {
    const { tell } = this.#settings;
    const began = performance.now();
    const defined = JSON.stringify(app);
    const env = await this.#variables(app);
    const served = before ?? (await this.#serve(app, env, defined));
    served.defined = defined;
    if (!(await served.service.replace(env))) return;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    tell(
      `${app.app} ${before ? 'runs what was saved' : 'runs'}: ${served.front.url}/ (${app.folder}/, after ${seconds} s)`,
    );
  }

  async #serve(app: RunningApp, env: Record<string, string>, defined: string): Promise<Served> {
    const { root, port, logs, tell } = this.#settings;
    const isFirst = this.#served.size === 0;
    const { folder, ready } = app;
    const file = join(root, folder, 'package.json');
    const { main } = JSON.parse(await readFile(file, 'utf8')) as { main?: string };
    if (!main) throw new Refusal(`${folder}/package.json names no main: that is the file which Node runs.`);
    const front = await Front.open(isFirst ? (port ?? app.port ?? 0) : 0, isFirst && port !== undefined);
    const said = (line: string) => {
      if (logs || !isRoutine(line)) tell(`${app.app} | ${visible(line, 2000)}`);
    };
    const lost = (why: string) => tell(`! ${why}; the next save starts it again`);
    const service = new Service({ root, folder, main, env, ready, front, said, lost });
    const served = { front, service, defined };
    this.#served.set(app.app, served);
    return served;
  }

  /** Its variables, with addresses of what runs here in the place of those that a cluster has. */
  async #variables({ app, env, calls }: RunningApp): Promise<Record<string, string>> {
    const variables = { ...env };
    for (const call of calls) {
      if (!isRedis(call.image)) {
        this.#settings.tell(`! ${app} calls ${call.app}, which does not run here`);
        continue;
      }
      this.#redis ??= startRedis(join(this.#settings.dir, 'redis'));
      const { address } = await this.#redis.catch((error: Error) => {
        this.#redis = undefined;
        if (!(error instanceof Refusal)) throw error;
        throw new Refusal(`${error.message.replace(/\.$/, '')}; so ${app} does not run.`);
      });
      const cluster = new RegExp(`(?<![\\w.-])${call.app}:${call.port ?? 6379}(?!\\d)`, 'g');
      for (const [name, value] of Object.entries(variables)) variables[name] = value.replace(cluster, address);
    }
    return variables;
  }
}

const isRedis = (image: unknown): boolean =>
  typeof image === 'string' && parseImage(image, 'image').repository.endsWith('/redis');

/** Whether a line of a log says of itself that it is no warning. */
function isRoutine(line: string): boolean {
  try {
    return ['info', 'debug', 'trace'].includes((JSON.parse(line) as { level?: string }).level ?? '');
  } catch {
    return false;
  }
}

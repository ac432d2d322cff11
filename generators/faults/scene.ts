import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { program } from '../commands/hydrate-commit.ts';
import { type Scope, serveForge } from '../commands/sandbox.fixture.ts';
import { Git } from '../git/git.ts';
import type { Order } from './fault.ts';
import type { Step } from './journal.ts';
import { type RemoteState, remoteState } from './state.ts';
import { type Ended, Victim } from './victim.ts';

/** A moment of a repository, and the command that is about to be run there. */
export interface Scene {
  readonly name: string;
  /** The command's arguments; `{remote}` and `{dir}` stand for the trial's own. */
  readonly args: readonly string[];
  /** What another runs at the remote as soon as a push has arrived there, before that push is answered. */
  readonly overtakenBy?: readonly string[] | undefined;
  /** Where the moment is kept: `remote.git` and `forge.json`. */
  readonly kept: string;
  readonly checkout: string;
}

/** What a command does when nobody disturbs it. */
export interface Reference {
  readonly state: RemoteState;
  readonly steps: readonly Step[];
}

const slipway = join(program, 'generators', 'commands', 'slipway.mjs');

/** The bundle that a command is to make. */
export const made = 'made.jsonl';

const placed = (arg: string, dir: string) => arg.replace('{remote}', join(dir, 'remote.git')).replace('{dir}', dir);

/** Has somebody be faster: a hook of the remote runs a command, once, while whoever pushed waits for the answer. */
async function overtake(dir: string, { checkout }: Scene, args: readonly string[]): Promise<void> {
  const hook = join(dir, 'remote.git', 'hooks', 'post-receive');
  const words = [process.execPath, slipway, ...args].map((word) => `'${placed(word, dir)}'`).join(' ');
  await writeFile(hook, `#!/bin/sh\nrm "$0"\ncd '${checkout}' && exec ${words} >/dev/null\n`, { mode: 0o755 });
}

/** A copy of a scene, in which commands really run. */
export class Trial {
  readonly #scene: Scene;
  readonly #dir: string;
  readonly #forge: Readonly<Record<string, string>>;
  #runs = 0;

  private constructor(scene: Scene, dir: string, forge: Readonly<Record<string, string>>) {
    this.#scene = scene;
    this.#dir = dir;
    this.#forge = forge;
  }

  static async open(scope: Scope, scene: Scene): Promise<Trial> {
    const dir = await mkdtemp(`${scene.kept}-trial-`);
    scope.after(() => rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
    await cp(scene.kept, dir, { recursive: true });
    await mkdir(join(dir, 'temp'));
    if (scene.overtakenBy) await overtake(dir, scene, scene.overtakenBy);
    const { variables: environment } = await serveForge(
      scope,
      new Git(join(dir, 'remote.git')),
      join(dir, 'forge.json'),
    );
    return new Trial(scene, dir, environment);
  }

  /** Starts the scene's command. */
  run(order: Order): Victim {
    const { args, checkout } = this.#scene;
    return new Victim({
      args: [slipway, ...args.map((arg) => placed(arg, this.#dir))],
      cwd: checkout,
      temp: join(this.#dir, 'temp'),
      order,
      journal: join(this.#dir, `journal-${this.#runs++}`),
      env: this.#forge,
    });
  }

  /** The branches and merge requests. */
  async state(): Promise<RemoteState> {
    const file = await readFile(join(this.#dir, 'forge.json'), 'utf8').catch(() => '[]');
    const requests = (JSON.parse(file) as Record<string, unknown>[]).map(
      ({ iid, title, description, source_branch, target_branch, state }) =>
        `!${iid} ${state} ${source_branch} → ${target_branch}: ${title}\n${description}`,
    );
    const branches = await remoteState(new Git(join(this.#dir, 'remote.git')));
    return { ...branches, 'merge requests': requests, bundle: await this.bundle() };
  }

  /** The bundle that the command made; nothing where there is none. */
  bundle(): Promise<string[]> {
    const file = join(this.#dir, made);
    return readFile(file, 'utf8').then(
      (text) => [text],
      () => [],
    );
  }

  /** What stands in the temporary folder, and nothing else does than this: the folders of a process that was killed. */
  async leftovers(): Promise<string[]> {
    const names = await readdir(join(this.#dir, 'temp'));
    assert.deepEqual(
      names.filter((name) => !/^slipway-(mirror|render)-/.test(name)),
      [],
    );
    return names.sort();
  }
}

/** Runs a command that nobody disturbs, twice: the second time changes nothing. */
export async function refer(scope: Scope, scene: Scene): Promise<Reference> {
  const trial = await Trial.open(scope, scene);
  const first = await completed(trial);
  const state = await trial.state();
  await completed(trial);
  assert.deepEqual(await trial.state(), state, `${scene.name}, run twice`);
  return { state, steps: first.steps };
}

/** Runs the scene's command as nobody disturbs it. @throws when it does not end well, or leaves something behind */
export async function completed(trial: Trial): Promise<Ended> {
  const before = await trial.leftovers();
  const victim = trial.run({ none: true });
  const ended = await victim.ended;
  await victim.alone();
  assert.equal(ended.status, 0, ended.err);
  // It may remove what one that was killed left there.
  const left = (await trial.leftovers()).filter((name) => !before.includes(name));
  assert.deepEqual(left, [], 'an undisturbed run leaves nothing in the temporary folder');
  return ended;
}

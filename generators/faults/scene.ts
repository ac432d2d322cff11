import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { program } from '../commands/hydrate-commit.ts';
import { type Scope, sandbox, serveForge } from '../commands/sandbox.fixture.ts';
import { Git } from '../git/git.ts';
import type { Order } from './fault.ts';
import type { Step } from './journal.ts';
import { type RemoteState, remoteState } from './state.ts';
import { type Ended, Victim } from './victim.ts';

/** A moment of a repository, and the command that is about to be run there. */
export interface Scene {
  readonly name: string;
  /** The command's arguments; the remote is added. */
  readonly args: readonly string[];
  /** Where the moment is kept: `remote.git` and `forge.json`. */
  readonly kept: string;
  readonly checkout: string;
}

/** What a command does when nobody disturbs it. */
export interface Reference {
  readonly state: RemoteState;
  readonly steps: readonly Step[];
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
      args: [
        join(program, 'generators', 'commands', 'slipway.mjs'),
        ...args,
        '--remote',
        join(this.#dir, 'remote.git'),
      ],
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
    return { ...(await remoteState(new Git(join(this.#dir, 'remote.git')))), 'merge requests': requests };
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
  assert.deepEqual(await trial.leftovers(), before, 'an undisturbed run leaves nothing in the temporary folder');
  return ended;
}

/**
 * The moments that matter, each kept as it was: what creates branches, what moves them, what must move nothing, and what
 * talks to the forge.
 * @param few only those that the short form needs
 */
export async function scenes(scope: Scope, few: boolean): Promise<Scene[]> {
  const box = await sandbox(scope, { a: '1', b: '1' });
  const made: Scene[] = [];
  const keep = async (name: string, args: readonly string[]) => {
    const kept = join(box.dir, `scene-${made.length}`);
    // The sample hooks are most of a small repository.
    const filter = (path: string) => !path.endsWith('.sample');
    await cp(box.remote.dir, join(kept, 'remote.git'), { recursive: true, filter });
    // One pack is copied faster than a hundred objects.
    await new Git(join(kept, 'remote.git')).bytes(['repack', '-a', '-d', '-q']);
    await cp(join(box.dir, 'forge.json'), join(kept, 'forge.json')).catch(() => {});
    made.push({ name, args, kept, checkout: box.checkout.dir });
  };
  const publishing = async () => ['publish', '--dry', await box.checkout.text(['rev-parse', 'HEAD'])];

  await keep('the first publish', await publishing());
  await box.publish();
  await keep('the first proposal', ['promote', '--to', 'staging']);
  await box.mergeTo('staging');
  const taken = await box.tip('env/dev');
  await box.commitQuietly({ 'NOTES.md': 'two commits, one publish' });
  await box.change({ a: '2', c: '1' });
  await box.remove('b');
  await keep('a publish', await publishing());
  await box.publish();
  await keep('a repeated publish', await publishing());
  if (few) return made.slice(1);
  await box.promote('staging');
  await box.change({ b: '2' });
  const late = await publishing();
  await box.change({ a: '3' });
  await box.publish();
  await keep('a late publish', late);
  await keep('a newer proposal', ['promote', '--to', 'staging']);
  const dev = await box.person('dev');
  await dev.git.bytes(['revert', '--no-edit', `${taken}..HEAD`]);
  await dev.push();
  await keep('a proposal that became pointless', ['promote', '--to', 'staging']);
  await box.commit(builtApp);
  await box.commit({ 'built/main.ts': '// two' });
  await keep('a publish of an image', [...(await publishing()), '--image', `built=${image}@sha256:${'a'.repeat(64)}`]);
  return made;
}

const image = 'registry.example.com/built';
const built = {
  kind: 'web',
  name: 'built',
  owner: 'team-test',
  image: { repository: image, build: 'built' },
  port: 3000,
};

/** An app whose image is built here: its version is counted from history. */
const builtApp = {
  'apps/index.ts': `export const apps = [${JSON.stringify(built)}];\n`,
  'built/Dockerfile': 'FROM scratch\n',
  'built/package.json': '{ "version": "2.1.0" }',
};

import { execFile, spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Git } from '../git/git.ts';

const root = join(import.meta.dirname, '../..');
const program = join(root, 'node_modules/gitlab-ci-local/dist/index.js');

/** Why no job can be run here; false where gitlab-ci-local finds what it copies with. */
export const noRunner: string | false = spawnSync('rsync', ['--version']).error ? 'rsync is not installed' : false;

/** What cleans up at its end. */
interface Scope {
  after(cleanUp: () => unknown): void;
}

/** A pipeline as GitLab would make it: why, and for what. */
export interface Event {
  readonly source: 'merge_request_event' | 'push' | 'schedule' | 'web';
  /** @default main */
  readonly branch?: string;
  readonly inputs?: Readonly<Record<string, string>>;
}

export interface Listed {
  readonly name: string;
  readonly stage: string;
  readonly when: string;
  readonly needs: readonly { readonly job: string; readonly optional?: boolean }[] | null;
}

/** A small repository with the real pipeline files, whose jobs gitlab-ci-local lists and runs. */
export class Pipelines {
  readonly dir: string;
  readonly git: Git;
  readonly #variables: NodeJS.ProcessEnv;
  /** @param variables what its commands find beside what is there. @default {} */
  constructor(dir: string, variables: NodeJS.ProcessEnv = {}) {
    this.dir = dir;
    this.#variables = variables;
    this.git = new Git(dir);
  }

  /** Commits files on what main was. What is there before counts as known to the server. */
  async change(files: Readonly<Record<string, string>>): Promise<void> {
    await this.git.bytes(['reset', '--quiet', '--hard', 'origin/main']);
    await this.write(files);
    await this.git.bytes(['commit', '--quiet', '--allow-empty', '-m', 'a change']);
  }

  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(this.dir, path)), { recursive: true });
      await writeFile(join(this.dir, path), text);
    }
    await this.git.bytes(['add', '--all']);
  }

  /** What main is from here on. */
  async settle(): Promise<void> {
    await this.git.bytes(['commit', '--quiet', '--allow-empty', '-m', 'before']);
    await this.git.bytes(['update-ref', 'refs/remotes/origin/main', 'HEAD']);
  }

  /** The jobs that a pipeline has, by gitlab-ci-local's own reading of the files; none where GitLab makes no pipeline. */
  async jobs(event: Event): Promise<readonly Listed[]> {
    // A job may have no `auto_cancel`, which the rules of the whole have: the schema is asked by all other calls.
    const file = join(this.dir, '.gitlab-ci-local.yml');
    const workflow = (await readFile(join(this.dir, '.gitlab-ci.yml'), 'utf8')).includes('\nworkflow:');
    const rules = workflow ? '!reference [workflow, rules]' : '[when: always]';
    await writeFile(file, `${probe}:\n  stage: .pre\n  rules: ${rules}\n  script: ['true']\n`);
    const said = await this.run(event, '--list-json', '--json-schema-validation=false').finally(() => rm(file));
    const listed = JSON.parse(said) as readonly Listed[];
    const there = listed.filter(({ when }) => when !== 'never');
    return there.some(({ name }) => name === probe) ? there.filter(({ name }) => name !== probe) : [];
  }

  /** @throws when a job needs one that is not there */
  async validate(event: Event): Promise<void> {
    await this.run(event, '--validate-dependency-chain');
  }

  /** Adds lines to one of the files. */
  async edit(file: string, edit: (text: string) => string): Promise<void> {
    const path = join(this.dir, file);
    await this.write({ [file]: edit(await readFile(path, 'utf8')) });
    await this.git.bytes(['commit', '--quiet', '-m', 'an edit']);
  }

  /** Everything in one file, with includes, extends and references resolved. */
  preview(): Promise<string> {
    return this.run({ source: 'push' }, '--preview');
  }

  async run({ source, branch = 'main', inputs = {} }: Event, ...args: readonly string[]): Promise<string> {
    const merging = source === 'merge_request_event';
    const given = [
      ...['--variable', `CI_PIPELINE_SOURCE=${source}`],
      ...(merging ? ['--unset-variable', 'CI_COMMIT_BRANCH'] : ['--variable', `CI_COMMIT_BRANCH=${branch}`]),
      ...['--ignore-predefined-vars', 'CI_PIPELINE_SOURCE,CI_COMMIT_BRANCH'],
      ...Object.entries(inputs).flatMap(([name, value]) => ['--input', `${name}=${value}`]),
    ];
    // It writes a long answer whole only to a file or a pipe that is read to its end.
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...given, ...args], {
      cwd: this.dir,
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, FORCE_COLOR: '0', HOME: this.dir, ...this.#variables },
    });
    return stdout;
  }
}

/** gitlab-ci-local does not say whether there is a pipeline at all: a job with the rules of the whole does. */
const probe = 'a pipeline';

/** The pipeline files in a repository of their own, in a temporary folder. */
export async function pipelines(t: Scope): Promise<Pipelines> {
  const made = await repository(t, 'slipway');
  await cp(join(root, '.gitlab-ci.yml'), join(made.dir, '.gitlab-ci.yml'));
  await cp(join(root, 'generators/ci'), join(made.dir, 'generators/ci'), {
    recursive: true,
    filter: (path) => !path.endsWith('.ts'),
  });
  await made.write({ '.gitignore': '.gitlab-ci-local*\n' });
  await made.settle();
  return made;
}

/** Another repository on the same GitLab, which reaches that of `slipway` by its address. */
export async function elsewhere(t: Scope, slipway: Pipelines, pipeline: string): Promise<Pipelines> {
  const made = await repository(t, 'shop', {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `url.${slipway.dir}.insteadOf`,
    GIT_CONFIG_VALUE_0: addressOf('slipway'),
  });
  await made.write({ '.gitignore': '.gitlab-ci-local*\n', '.gitlab-ci.yml': pipeline });
  await made.settle();
  return made;
}

const addressOf = (name: string) => `https://gitlab.example.com/group/${name}.git`;

async function repository(t: Scope, name: string, variables: NodeJS.ProcessEnv = {}): Promise<Pipelines> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-pipeline-'));
  t.after(() => rm(dir, { recursive: true, force: true, maxRetries: 10 }));
  const made = new Pipelines(dir, variables);
  await made.git.bytes(['init', '--quiet', '--initial-branch=main']);
  await made.git.bytes(['config', 'user.name', 'A Tester']);
  await made.git.bytes(['config', 'user.email', 'tester@localhost.invalid']);
  await made.git.bytes(['remote', 'add', 'origin', addressOf(name)]);
  await made.git.bytes(['symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main']);
  return made;
}

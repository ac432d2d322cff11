import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { hermeticArguments } from './arguments.ts';

/** The folder that the traps and their packages stand in. */
export const program = join(import.meta.dirname, '..', '..');
export const modules = await realpath(join(program, 'node_modules'));

const base = {
  'package.json': '{ "type": "module" }',
  'apps/index.ts': "import { app } from './counter/app.ts';\nexport const apps = [app];\n",
  'apps/counter/app.ts': 'export const app = {};\n',
  'apps/redis/app.ts': 'export const app = {};\n',
  'apps/redis/values.yaml': 'a: 1\n',
  'clusters/environments.ts': 'export const environments = [];\n',
  'generators/charts/chart.ts': 'export const draw = (_: unknown): unknown => undefined;\n',
  'generators/render-commit.ts': `import { apps } from '../apps/index.ts';
import { environments } from '../clusters/environments.ts';
import { draw } from './charts/chart.ts';
await draw(apps);
process.stdout.write(JSON.stringify({ apps, environments }));
`,
};

export interface Outcome {
  readonly status: number | null;
  readonly out: string;
  /** What stands on standard error, by line. */
  readonly said: readonly string[];
}

/** An empty folder, with the packages, that goes away with the test. */
export async function folder(t: TestContext): Promise<string> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'slipway-hermetic-')));
  t.after(() => rm(dir, { recursive: true, force: true }));
  await symlink(modules, join(dir, 'node_modules'), 'dir');
  return dir;
}

/** Writes a commit of two small apps and a chart; these files replace its own. */
export async function commitTo(dir: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries({ ...base, ...files })) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), content);
  }
}

/** Renders such a commit under the traps. */
export async function render(t: TestContext, files: Readonly<Record<string, string>>): Promise<Outcome> {
  const dir = await folder(t);
  await commitTo(dir, files);
  return run(hermeticArguments(dir, modules));
}

/** Runs Node in the environment of a render. */
export async function run(args: readonly string[], input = '', cwd = program): Promise<Outcome> {
  const child = spawn(process.execPath, args, { cwd, env: { TZ: 'UTC', LC_ALL: 'C' }, stdio: 'pipe' });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [out, err, status] = await Promise.all([buffer(child.stdout), text(child.stderr), ended]);
  return { status, out: out.toString(), said: err.trimEnd().split('\n') };
}

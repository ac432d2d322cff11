import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { exportTree } from '../git/dry.ts';
import type { Git } from '../git/git.ts';
import { legalName } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import { quote } from '../model/words.ts';

/** An app whose image is built in its own repository. */
export interface BuiltApp {
  readonly app: string;
  /** Where the pipeline pushes it. */
  readonly repository: string;
  /** The top-level folder that it is built from. */
  readonly build: string;
}

/** What the child runs: definitions import types alone, so Node needs nothing else to load them. */
const listing = `
const { apps } = await import(process.argv[1]);
const found = [];
for (const [name, load] of Object.entries(apps)) {
  const { app } = await load();
  if (typeof app?.image?.build === 'string') found.push({ app: name, repository: app.image.repository, build: app.image.build });
}
process.stdout.write(JSON.stringify(found));
`;

/**
 * The apps of a commit whose images are built here, by what their definitions say. They run in a process of its own
 * that has no variable of this one, may read the definitions and nothing else, and writes nothing: whoever asks may
 * have a token.
 * @throws {Refusal} when they cannot be loaded
 */
export async function builtApps(git: Git, dry: string): Promise<BuiltApp[]> {
  // A temporary folder may be reached by a link, which permissions do not follow.
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'slipway-apps-')));
  try {
    await exportTree(git, dry, dir, ['apps', 'package.json', ':(exclude,glob)**/*.test.ts']);
    const index = pathToFileURL(join(dir, 'apps', 'index.ts')).href;
    const limits = ['--permission', `--allow-fs-read=${join(dir, '*')}`, '--no-warnings', '--input-type=module'];
    const { stdout } = await promisify(execFile)(process.execPath, [...limits, '--eval', listing, index], {
      cwd: dir,
      env: {},
      timeout: 60_000,
      maxBuffer: 16 * 1024 ** 2,
    });
    return (JSON.parse(stdout) as readonly BuiltApp[]).map(checked);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const { stderr, message } = error as Error & { stderr?: string };
    const why = /^\w*Error.*$/m.exec(stderr ?? '')?.[0] ?? message;
    throw new Refusal(
      `The apps of ${dry} cannot be loaded to see what is built here: ${quote(why, 300)}. Render it to see more: npx slipway render --dry ${dry} --env E.`,
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function checked({ app, repository, build }: BuiltApp): BuiltApp {
  if (legalName.test(app) && typeof repository === 'string' && typeof build === 'string')
    return { app, repository, build };
  throw new Refusal(`apps/${app}/app.ts: image must be { repository: 'registry/name', build: 'folder' }.`);
}

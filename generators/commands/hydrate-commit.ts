import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { $ } from 'zx';
import { exportDry, sameLockfile } from '../git/dry.ts';
import type { Git } from '../git/git.ts';
import type { Hydrated, RenderInput } from '../model/part.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { short } from '../model/words.ts';

/** The folder that this program itself stands in: its packages are there. */
export const program = join(import.meta.dirname, '..', '..');

/**
 * Renders a dry commit with that commit's own apps, clusters and generators, exported from git, in a child with an
 * empty environment. Packages are the present ones when the commit locks the same, and are installed otherwise.
 * @throws {Refusal} when the commit's definitions are wrong or it cannot be rendered; nothing was written anywhere
 */
export async function hydrateCommit(
  git: Git,
  dry: string,
  input: RenderInput,
  say: (line: string) => void,
): Promise<Hydrated> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-render-'));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    await exportDry(git, dry, dir);
    if (await sameLockfile(dir, program)) {
      await symlink(join(program, 'node_modules'), join(dir, 'node_modules'), 'dir');
    } else {
      say(`${short(dry)} locks other packages than are installed here: installing its own …`);
      await $({ cwd: dir, quiet: true })`npm ci --ignore-scripts --loglevel=error`;
    }
    return await run(dir, dry, input);
  } finally {
    process.off('exit', remove);
    await rm(dir, { recursive: true, force: true });
  }
}

async function run(dir: string, dry: string, input: RenderInput): Promise<Hydrated> {
  const child = spawn(process.execPath, [join(dir, 'generators', 'render-commit.ts')], {
    cwd: dir,
    env: {},
    stdio: 'pipe',
  });
  child.stdin.on('error', () => {});
  child.stdin.end(JSON.stringify(input));
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [out, err, status] = await Promise.all([buffer(child.stdout), text(child.stderr), ended]);
  if (status !== 0) {
    const reason = err.split('\n').find((line) => /^\w*Error/.test(line)) ?? err.trim().split('\n').at(-1) ?? '';
    const at = /(?:apps|clusters|generators)\/[\w./-]+:\d+/.exec(err)?.[0];
    throw new Refusal(
      `Commit ${dry} cannot be rendered: ${reason}${at ? ` (${at})` : ''}. Correct it on main; nothing was published.`,
      { cause: err },
    );
  }
  const answer = JSON.parse(out.toString()) as { hydrated: Hydrated } | { refused: string; exitCode: number };
  if ('hydrated' in answer) return answer.hydrated;
  throw answer.exitCode === 2 ? new Misuse(answer.refused) : new Refusal(answer.refused);
}

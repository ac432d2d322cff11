import type { Finding } from './finding.ts';

/** The oldest git that has what Slipway asks of it (`rev-parse --path-format`, `diff-tree --diff-merges`). */
const oldest = [2, 31] as const;

/** @param said what `git --version` prints: `git version 2.39.5 (Apple Git-154)` */
export function gitOf(said: string): Finding {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(said) ?? [];
  const wanted = oldest.join('.');
  if (major === undefined)
    return {
      name: 'git',
      verdict: 'unknown',
      says: `git says ${said} of its version; ${wanted} or later is needed.`,
    };
  const [version, newer] = [said.replace('git version ', ''), Number(major) - oldest[0] || Number(minor) - oldest[1]];
  return newer >= 0
    ? { name: 'git', verdict: 'ok', says: `git is ${version}; ${wanted} or later is needed.` }
    : {
        name: 'git',
        verdict: 'wrong',
        says: `git is ${version}, and ${wanted} or later is needed.`,
        remedy: 'Install a newer git.',
      };
}

/** The oldest Node that reads TypeScript without a flag. https://nodejs.org/docs/latest-v22.x/api/typescript.html */
const oldestNode = [22, 18] as const;

/** @param version `24.21.0` */
export function nodeOf(version: string): Finding {
  const name = 'node';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const wanted = oldestNode.join('.');
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]))
    return { name, verdict: 'ok', says: `Node is ${version}; ${wanted} or later is needed.` };
  return {
    name,
    verdict: 'wrong',
    says: `Node is ${version}, and ${wanted} or later is needed.`,
    remedy: 'The packages of this repository bring one.',
    run: 'npm ci --ignore-scripts',
  };
}

/**
 * Whether each package has installed what its lockfile says.
 * @param folders of packages: `''` is the root, others end in a slash
 * @param installed whether node_modules is what the lockfile says
 */
export function packagesOf(folders: readonly string[], installed: (folder: string) => boolean): Finding {
  const name = 'packages';
  const lacking = folders.filter((folder) => !installed(folder));
  if (lacking.length === 0) return { name, verdict: 'ok', says: 'They are installed as the lockfiles say.' };
  const places = lacking.map((folder) => (folder === '' ? 'the repository' : folder.replace(/\/$/, '')));
  return {
    name,
    verdict: 'wrong',
    says: `What is installed is not what the lockfile says in ${places.join(' and ')}: a render may differ from that of others.`,
    run: lacking
      .map((folder) => `npm ci --ignore-scripts${folder === '' ? '' : ` --prefix ${folder.replace(/\/$/, '')}`}`)
      .join(' && '),
  };
}

/** A program that is not there, and what it is wanted for. */
export interface Missing {
  readonly command: string;
  readonly why: string;
}

/**
 * Nothing is wrong without them: what needs them says so, or leaves it out.
 * @param what `programs of the demo`
 * @param run the line that installs them all; undefined where nobody knows one
 */
export function programsOf(what: string, missing: readonly Missing[], run: string | undefined): Finding {
  if (missing.length === 0) return { name: what, verdict: 'ok', says: 'They are there.' };
  const wanted = missing.map(({ command, why }) => `${command} (${why})`).join(', ');
  const says = `Not here: ${wanted}.`;
  const unknown = { name: what, verdict: 'unknown', says } as const;
  return run === undefined ? { ...unknown, remedy: 'Install them with your package manager.' } : { ...unknown, run };
}

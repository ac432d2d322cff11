import type { Git } from './git.ts';
import { readCommits } from './objects.ts';

/** `good`; `bad` also for a key that expired, was revoked or is not among the allowed signers; `unknown` for a key that this machine does not know. */
export type Signature = 'good' | 'bad' | 'unknown' | 'none';

/**
 * The signatures of commits, by git's own checks: GPG by the keyring, SSH by `gpg.ssh.allowedSignersFile`.
 * https://git-scm.com/docs/pretty-formats, `%G?`
 */
export async function signaturesOf(git: Git, commits: readonly string[]): Promise<Map<string, Signature>> {
  const found = new Map<string, Signature>();
  if (commits.length === 0) return found;
  // Where no key is known git says "none" of a signed commit as well: the header tells them apart.
  for (const [commit, bytes] of await readCommits(git, commits)) {
    const header = bytes.toString('latin1').split('\n\n', 1)[0] ?? '';
    found.set(commit, /^gpgsig(-sha256)? /m.test(header) ? 'unknown' : 'none');
  }
  const signed = commits.filter((commit) => found.get(commit) !== 'none');
  if (signed.length === 0) return found;
  for (const line of await git.lines(
    ['log', '--no-walk=unsorted', '--stdin', '--format=%H %G? %GS'],
    `${commits.join('\n')}\n`,
  )) {
    const [commit = '', letter = '', ...signer] = line.split(' ');
    // An SSH key that is not among the allowed signers holds, and names nobody.
    const stranger = letter === 'U' && signer.join('') === '';
    if (found.get(commit) !== 'none') found.set(commit, stranger ? 'bad' : (meaning[letter] ?? 'unknown'));
  }
  return found;
}

const meaning: Readonly<Record<string, Signature>> = { G: 'good', U: 'good', B: 'bad', X: 'bad', Y: 'bad', R: 'bad' };

/** Whether a key is configured, as git itself is told: `commit.gpgSign`, with `user.signingKey` and `gpg.format`. */
export async function signs(git: Git): Promise<boolean> {
  return (await git.text(['config', '--type=bool', '--default=false', 'commit.gpgSign'])) === 'true';
}

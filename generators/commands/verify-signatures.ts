import type { Mirror } from '../git/mirror.ts';
import { signaturesOf } from '../git/signature.ts';
import type { Verdict } from '../model/verdict.ts';
import { short } from '../model/words.ts';

/**
 * Holds signatures against git's keys: once `rendered` is signed, all that follows is; a commit of a first environment
 * may be a person's, and is only named.
 */
export async function judgeSignatures(
  { git }: Mirror,
  chain: readonly string[],
  commits: readonly string[],
  own: readonly string[] = [],
): Promise<{ verdicts: Verdict[]; notes: string[] }> {
  const found = await signaturesOf(git, [...new Set([...chain, ...own])]);
  const begun = chain.findIndex((commit) => found.get(commit) !== 'none');
  const verdicts: Verdict[] = [];
  const notes: string[] = [];
  if (begun < 0) return { verdicts, notes };
  for (const commit of [...commits, ...own]) {
    const signature = found.get(commit);
    const place = chain.indexOf(commit);
    const verdict = (says: string): Verdict => ({ fault: 'signature', path: short(commit), says });
    if (signature === 'bad') verdicts.push(verdict('its signature does not hold, or is not by an allowed key'));
    if (signature === 'none' && place >= begun)
      verdicts.push(verdict(`it is not signed, and ${short(chain[begun] as string)} before it is`));
    if (signature === 'none' && place < 0) notes.push(`${short(commit)} is not signed: a person's commit?`);
  }
  if ([...commits, ...own].some((commit) => found.get(commit) === 'unknown'))
    notes.push(
      'signatures were not checked: this machine knows no such key (gpg.ssh.allowedSignersFile, or the keyring)',
    );
  return { verdicts, notes };
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { head, main } from '../model/names.ts';
import type { ObjectFormat } from '../model/object-id.ts';
import type { Git } from './git.ts';

/** `remote.origin.url` and what it is; without a value where it stands alone, which is a yes. */
export type Setting = readonly [key: string, value?: string];

/**
 * Makes a bare repository without asking git for it, which takes longer than all that follows where nothing is fetched.
 * What it must have: https://git-scm.com/docs/gitrepository-layout
 */
export async function makeRepository(
  dir: string,
  {
    format,
    url,
    settings,
    borrowed,
  }: {
    readonly format: ObjectFormat;
    readonly url: string;
    /** Of the checkout: what it needs to log in and to sign is taken over. */
    readonly settings: readonly Setting[];
    /** The objects of a repository that is whole. */
    readonly borrowed: string | false;
  },
): Promise<void> {
  for (const folder of ['objects/info', 'refs/heads']) await mkdir(join(dir, folder), { recursive: true });
  // Written as a file: an address with a token would be seen by everybody in the arguments of a process.
  const origin = `[remote "origin"]\n\turl = ${quoted(url)}\n\tpromisor = true\n\tpartialclonefilter = blob:none\n`;
  const extensions = `[extensions]\n\tpartialClone = origin\n${format === 'sha1' ? '' : `\tobjectFormat = ${format}\n`}`;
  const core = '[core]\n\trepositoryformatversion = 1\n\tbare = true\n';
  const files = {
    config: `${core}${extensions}${credentialSettings(settings)}${origin}`,
    ...(borrowed ? { 'objects/info/alternates': `${borrowed}\n` } : {}),
    HEAD: `ref: ${head(main)}\n`,
  };
  for (const [file, text] of Object.entries(files)) await writeFile(join(dir, file), text);
}

/** What was set for this checkout, by key. */
export async function settingsOf(checkout: Git): Promise<Setting[]> {
  const found = await checkout.bytes(['config', '--local', '--null', '--list']);
  return found
    .toString()
    .split('\0')
    .map((entry) => {
      const [key = '', ...value] = entry.split('\n');
      return value.length > 0 ? [key, value.join('\n')] : [key];
    });
}

/** How a checkout logs in and signs (CI writes such settings into it); what the user has set for all is used anyway. */
const credentialSettings = (configured: readonly Setting[]): string =>
  configured
    .filter(([key]) => /^((http|credential|gpg|user|commit)\.|core\.sshcommand$)/i.test(key))
    .map(([key, value]) => {
      const [section, last] = [key.slice(0, key.indexOf('.')), key.slice(key.lastIndexOf('.') + 1)];
      const middle = key.slice(section.length + 1, -last.length - 1);
      // `sslVerify` alone is true; `sslVerify = ""` is false.
      const set = value === undefined ? last : `${last} = ${quoted(value)}`;
      return `[${section}${middle ? ` ${quoted(middle)}` : ''}]\n\t${set}\n`;
    })
    .join('');

const quoted = (value: string) => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

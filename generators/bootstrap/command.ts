/** A command that a step runs: its words, and what it reads. No word is ever a secret. */
export interface Command {
  readonly argv: readonly [string, ...string[]];
  /** What stands on its standard input, as people know it: `clusters/nonprod/eksctl.yaml (filled)`. */
  readonly stdin?: string | undefined;
}

/** A command as a person types it in a shell. */
export const formatCommand = ({ argv, stdin }: Command): string =>
  `${argv.map(quoted).join(' ')}${stdin === undefined ? '' : ` < ${stdin}`}`;

/** Words that a shell takes as they are stay as they are: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02 */
const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** A command of the AWS CLI in a region. What it prints is JSON, and no pager keeps it. */
export const aws = (region: string, ...words: string[]): Command => ({
  argv: ['aws', ...words, '--region', region, '--output', 'json', '--no-cli-pager'],
});

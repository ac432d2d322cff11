export interface Ended {
  /** The checkout. */
  readonly root: string;
  /** The folder in it that the program was started in. */
  readonly folder: string;
  /** How it ended: `status 1`. */
  readonly how: string;
}

/**
 * Why a program of this repository ended, on one line, and where: `shop/server.ts:12: SyntaxError: Unexpected token`.
 * @param lines its last words
 */
export function trouble(lines: readonly string[], { root, folder, how }: Ended): string {
  const text = lines.join('\n');
  const paths = text
    .replaceAll('file://', '')
    .replaceAll(`${root}/`, '')
    .matchAll(/[\w@./-]+\.\w+:\d+/g);
  const own = [...paths]
    .map(([path]) => path)
    .find((path) => path.startsWith(`${folder}/`) && !path.includes('node_modules'));
  const spoken = lines.filter((line) => line.trim() !== '' && !/^\s+at |^Node\.js v/.test(line));
  const reason = /\b\w*Error(?: \[\w+\])?: [^\n"\\]*/.exec(text)?.[0] ?? spoken.at(-1)?.trim() ?? 'it said nothing';
  const packages = /Cannot find package/.test(reason) ? ` Its packages may be missing: npm ci --prefix ${folder}.` : '';
  return `${own ?? folder}: ${reason} (${how})${packages}`;
}

import { styleText } from 'node:util';
import type { Setting } from '../model/columns.ts';
import { visible } from '../model/words.ts';

/**
 * How tables are set for whoever reads them: as wide as the terminal, in colours that NO_COLOR and FORCE_COLOR rule.
 * Where standard output is no terminal, nothing is cut.
 */
export const terminal = (stream: NodeJS.WriteStream = process.stdout): Setting => ({
  width: stream.isTTY ? stream.columns || 80 : undefined,
  paint: (text, colour) => styleText(colour, text, { stream }),
});

/** Lines with words that others wrote (git, a server, whoever called): they steer no terminal; lines and indents stay. */
export const harmless = (text: string): string =>
  text
    .split('\n')
    .map((line) => (/^ */.exec(line)?.[0] ?? '') + visible(line))
    .join('\n');

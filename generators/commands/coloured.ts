import { styleText } from 'node:util';

const colours = { '+': 'green', '-': 'red', '~': 'yellow', '!': 'yellow' } as const;

/** A line in the colour of its sign, on a terminal that has colours and whose user has not refused them. */
export function coloured(line: string): string {
  const sign = line.trimStart()[0] as keyof typeof colours;
  const isHeading = line.trimStart()[1] === ' ' && sign in colours;
  return isHeading ? styleText(colours[sign], line, { stream: process.stdout }) : line;
}

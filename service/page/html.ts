/** Text that is HTML already. Made by `html` alone, so that nothing else reaches a page unescaped. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template: text is escaped, what is absent or false is left out. */
export type Value = Html | string | number | undefined | false;

const escaped = (text: string) => text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);

function textOf(value: Value): string {
  if (value === undefined || value === false) return '';
  return value instanceof Html ? value.text : escaped(String(value));
}

/** Composes HTML. Every attribute in a template stands in quotes: escaping relies on it. */
export const html = (strings: TemplateStringsArray, ...values: readonly Value[]): Html =>
  new Html(strings.map((text, index) => text + textOf(values[index])).join(''));

import { Refusal } from './refusal.ts';

/** What JSON can say. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain };

/**
 * Reads one YAML document with nothing but this file: what Slipway, kubectl, aws and kind write, and JSON. It knows
 * block mappings and sequences, `[]` and `{}`, plain and quoted texts of one line, literal blocks (`|`) and comments.
 * Whatever else YAML has, and every word that YAML 1.1 and 1.2 read differently (`yes`, `012`), is refused: a manifest
 * that is applied by hand must not mean something else than it did to Argo CD.
 * https://yaml.org/spec/1.2.2/
 * @param where the file, for the message
 * @throws {Refusal} naming file, line and column
 */
export function readYaml(text: string, where: string): Plain {
  // The mark of a document's end; js-yaml writes it behind a literal block that ends with empty lines.
  return new Reader(text.replaceAll('\r\n', '\n').replace(/\n\.\.\.\s*$/, '\n'), where).document();
}

/** Where a value begins: the column of the mapping or sequence that it stands in. */
type Column = number;

class Reader {
  readonly #text: string;
  readonly #where: string;
  #at = 0;
  /** How far the lines between brackets must be indented. */
  #least: Column = 0;

  constructor(text: string, where: string) {
    this.#text = text;
    this.#where = where;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ud800-\udfff]/u.exec(text);
    if (unseen) this.#refuse('a character that nobody sees', unseen.index);
  }

  document(): Plain {
    this.#blank();
    if (this.#column() === 0 && this.#lineHas(/---(?=[ \n]|$)/y)) {
      this.#at += 3;
      this.#endOfLine('what stands behind ---');
      this.#blank();
    }
    if (this.#ended()) this.#refuse('nothing, where a value must be');
    const value = this.#node(this.#column(), -1);
    this.#blank();
    if (!this.#ended()) this.#refuse('what belongs to nothing before it; a file holds one document');
    return value;
  }

  /** A value that begins here, on a line of its own or behind `- `. */
  #node(column: Column, parent: Column): Plain {
    if (this.#isEntry()) return this.#sequence(column);
    if (this.#lineHas(/\?(?=[ \n]|$)/y)) this.#refuse('a key that begins with ?');
    if (parent < 0 && this.#lineHas(/(?:---|\.\.\.)(?=[ \n]|$)/y)) this.#refuse('the mark of another document');
    if (this.#isKey()) return this.#mapping(column);
    return this.#inline(parent);
  }

  #sequence(column: Column): Plain {
    const found: Plain[] = [];
    for (;;) {
      this.#at++;
      found.push(this.#entry(column));
      this.#blank();
      if (this.#ended() || this.#column() < column) return found;
      if (this.#column() > column || !this.#isEntry()) {
        // The next key of the mapping whose value this is: kubectl does not indent such sequences.
        if (this.#column() === column && this.#isKey()) return found;
        this.#refuse(`what is no entry of the sequence in column ${column + 1}`);
      }
    }
  }

  #entry(column: Column): Plain {
    this.#spaces();
    if (!this.#restIsEmpty()) return this.#node(this.#column(), column);
    this.#blank();
    return !this.#ended() && this.#column() > column ? this.#node(this.#column(), column) : null;
  }

  #mapping(column: Column): Plain {
    const found: Record<string, Plain> = {};
    for (;;) {
      const start = this.#at;
      const key = this.#key();
      if (Object.hasOwn(found, key)) this.#refuse(`the key ${JSON.stringify(key)} a second time`, start);
      const value = this.#valueOf(column);
      // A key may be called __proto__, and then it is a key.
      Object.defineProperty(found, key, { value, enumerable: true, writable: true, configurable: true });
      this.#blank();
      if (this.#ended() || this.#column() < column) return found;
      if (this.#column() > column || !this.#isKey() || this.#isEntry())
        this.#refuse(`what is no key of the mapping in column ${column + 1}`);
    }
  }

  #key(): string {
    const start = this.#at;
    const quoted = this.#quoted();
    const key = quoted ?? this.#match(/[^\n]*?(?= *:([ \n]|$))/y) ?? '';
    if (quoted === undefined) {
      this.#checkStart(key, start);
      if (typeof this.#word(key, start) !== 'string')
        this.#refuse(`the key ${key}, which is no text without quotes`, start);
    }
    this.#spaces();
    this.#at++;
    return key;
  }

  #valueOf(column: Column): Plain {
    this.#spaces();
    if (!this.#restIsEmpty()) return this.#inline(column);
    this.#blank();
    if (this.#ended() || this.#column() < column) return null;
    if (this.#column() === column) return this.#isEntry() ? this.#sequence(column) : null;
    return this.#node(this.#column(), column);
  }

  /** A value that ends with its line, unless it is a literal block or stands in brackets. */
  #inline(parent: Column): Plain {
    const first = this.#text[this.#at];
    if (first === '|') return this.#literal(parent);
    const start = this.#at;
    if (first === '[' || first === '{') {
      this.#least = parent < 0 ? this.#column() : parent + 1;
      const value = this.#flow();
      this.#endOfLine('what stands behind the bracket');
      return value;
    }
    const quoted = this.#quoted();
    if (quoted !== undefined) {
      this.#endOfLine('what stands behind the quotes');
      return quoted;
    }
    const word = (this.#match(/[^\n]*?(?= +#| *$)/my) ?? '') as string;
    this.#checkStart(word, start);
    if (/:([ \n]|$)/.test(word)) this.#refuse('a colon inside of a text; put the text in quotes', start);
    this.#endOfLine('what stands behind the text');
    const value = this.#word(word, start);
    const end = this.#at;
    this.#blank();
    // Nothing says that it goes on but that it is indented more.
    if (!this.#ended() && this.#column() > parent && parent >= 0)
      this.#refuse('a text that goes on in the next line; put it on one line');
    this.#at = end;
    return value;
  }

  /** https://yaml.org/spec/1.2.2/#literal-style */
  #literal(parent: Column): string {
    const [header = '', step, chomp] = this.#exec(/\|(?:([1-9])([+-]?)|([+-]?)([1-9])?)(?=[ \n]|$)/y, (found) => [
      found[0],
      found[1] ?? found[4],
      found[2] || found[3],
    ]);
    if (header === '' || parent < 0) this.#refuse('a header of a literal block that is none');
    this.#endOfLine('what stands behind |');
    const lines: string[] = [];
    let indent = step === undefined ? undefined : Math.max(parent, 0) + Number(step);
    let most = 0;
    while (!this.#ended()) {
      const line = this.#lineFrom(this.#at);
      const spaces = /^ */.exec(line)?.[0].length as number;
      if (spaces === line.length) {
        if (indent === undefined) most = Math.max(most, spaces);
        lines.push(indent === undefined ? '' : line.slice(indent));
      } else {
        if (indent === undefined) {
          if (spaces <= parent) break;
          if (most > spaces) this.#refuse('a literal block whose first lines are indented more than its text');
          indent = spaces;
        }
        if (spaces < indent) {
          if (spaces > parent) this.#refuse('a line of a literal block that is indented less than the others');
          break;
        }
        lines.push(line.slice(indent));
      }
      this.#at += line.length + 1;
    }
    const last = lines.findLastIndex((line) => line !== '') + 1;
    if (chomp === '+') return lines.map((line) => `${line}\n`).join('');
    const text = lines.slice(0, last).join('\n');
    return chomp === '-' || text === '' ? text : `${text}\n`;
  }

  #flow(): Plain {
    const open = this.#text[this.#at];
    if (open === '[') return this.#between(']', [] as Plain[], (found) => found.push(this.#flowValue()));
    if (open !== '{') return this.#flowValue();
    return this.#between('}', {} as Record<string, Plain>, (found) => {
      const start = this.#at;
      const quoted = this.#quoted();
      const key = quoted ?? this.#flowWord(start);
      if (typeof key !== 'string') this.#refuse(`the key ${key}, which is no text without quotes`, start);
      if (Object.hasOwn(found, key)) this.#refuse(`the key ${JSON.stringify(key)} a second time`, start);
      this.#spaces();
      if (!this.#lineHas(quoted === undefined ? /:(?=[ \n,[\]{}])/y : /:/y))
        this.#refuse('a key without a colon behind it');
      this.#at++;
      this.#gap();
      const value = /[,}]/.test(this.#text[this.#at] ?? '') ? null : this.#flowValue();
      Object.defineProperty(found, key, { value, enumerable: true, writable: true, configurable: true });
    });
  }

  #between<T>(close: string, found: T, item: (found: T) => void): T {
    this.#at++;
    for (;;) {
      this.#gap();
      if (this.#text[this.#at] === close) break;
      item(found);
      this.#gap();
      if (this.#text[this.#at] === ',') this.#at++;
      else if (this.#text[this.#at] !== close) this.#refuse(`neither a comma nor ${close}`);
    }
    this.#at++;
    return found;
  }

  #flowValue(): Plain {
    const first = this.#text[this.#at];
    if (first === '[' || first === '{') return this.#flow();
    const start = this.#at;
    return this.#quoted() ?? this.#flowWord(start);
  }

  #flowWord(start: number): Plain {
    const word = this.#match(/[^\n,[\]{}]*?(?= *(?:[,[\]{}]|:[ \n,[\]{}]|[ \n]#|$))/my) ?? '';
    if (word === '') this.#refuse('nothing, where a value must be');
    this.#checkStart(word, start);
    return this.#word(word, start);
  }

  /** A text in quotes, of one line; undefined where none begins. */
  #quoted(): string | undefined {
    const quote = this.#text[this.#at];
    if (quote === "'") {
      const found = this.#match(/'(?:[^'\n]|'')*'/y);
      if (found === undefined) this.#refuse('a quote that its line does not close');
      return found.slice(1, -1).replaceAll("''", "'");
    }
    if (quote !== '"') return undefined;
    const start = this.#at;
    const found = this.#match(/"(?:[^"\\\n]|\\[^\n])*"/y);
    if (found === undefined) this.#refuse('a quote that its line does not close');
    return found.slice(1, -1).replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)/gu, (_, name: string) => {
      const code = name.length > 1 ? Number.parseInt(name.slice(1), 16) : undefined;
      if (code !== undefined && code > 0x10ffff) this.#refuse(`the escape \\${name}, which is no character`, start);
      return (
        escapes[name] ??
        (code === undefined
          ? this.#refuse(`the escape \\${name}, which YAML does not know`, start)
          : String.fromCodePoint(code))
      );
    });
  }

  /** https://yaml.org/spec/1.2.2/#103-core-schema */
  #word(word: string, start: number): Plain {
    if (/^(?:~|null|Null|NULL|)$/.test(word)) return null;
    if (/^(?:true|True|TRUE)$/.test(word)) return true;
    if (/^(?:false|False|FALSE)$/.test(word)) return false;
    if (ambiguous.test(word)) this.#refuse(`${word}, which YAML 1.1 and 1.2 read differently; put it in quotes`, start);
    if (/^[-+]?(?:0|[1-9]\d*)$/.test(word)) {
      const number = Number(word);
      if (String(number) !== word.replace(/^\+/, '') && word !== '-0')
        this.#refuse(`${word}, a number that loses digits; put it in quotes`, start);
      return number;
    }
    if (!/^[-+]?(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][-+]?\d+)?$/.test(word)) return word;
    if (!Number.isFinite(Number(word))) this.#refuse(`${word}, a number too large to hold; put it in quotes`, start);
    return Number(word);
  }

  /** https://yaml.org/spec/1.2.2/#53-indicator-characters */
  #checkStart(word: string, start: number): void {
    // A line that begins so ends a document, whatever stands behind it.
    const lineBegins = start === 0 || this.#text[start - 1] === '\n';
    if (lineBegins && /^(?:---|\.\.\.)[ \n]/.test(this.#text.slice(start, start + 4)))
      this.#refuse('the mark of another document', start);
    if (word.includes('\t')) this.#refuse('a tab; indent and separate with spaces', start);
    const known: Readonly<Record<string, string>> = {
      ...{ '&': 'an anchor', '*': 'an alias', '!': 'a tag', '%': 'a directive', '>': 'a folded text' },
      ...{ '@': '@, which YAML reserves', '`': '`, which YAML reserves', '|': 'a literal block, where none may be' },
      ...{ ',': 'a comma without a value', '[': 'a bracket', ']': 'a bracket', '{': 'a bracket', '}': 'a bracket' },
      ...{ '#': 'a comment, where a value must be', '"': 'a quote', "'": 'a quote' },
    };
    const wrong = known[word[0] ?? ''] ?? (/^[-?:]([ \n]|$)/.test(word) ? `${word[0]} without a value` : undefined);
    if (wrong) this.#refuse(`${wrong}, which is not read here`, start);
  }

  #isEntry(): boolean {
    return this.#lineHas(/-(?=[ \n]|$)/y);
  }

  #isKey(): boolean {
    return this.#lineHas(
      /(?:"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\n]|'')*'|(?!["'[{#|>])(?:[^\n#]|(?<=[^ \n])#)*?) *:(?=[ \n]|$)/y,
    );
  }

  /** Goes past spaces, comments and empty lines, to where the next thing begins. */
  #blank(): void {
    for (;;) {
      this.#spaces();
      if (this.#text[this.#at] === '#') {
        if (!/\s/.test(this.#text[this.#at - 1] ?? '\n')) this.#refuse('a comment without a space before it');
        this.#match(/[^\n]*/y);
      }
      if (this.#text[this.#at] !== '\n') break;
      this.#at++;
    }
    if (this.#text[this.#at] === '\t') this.#refuse('a tab; indent and separate with spaces');
  }

  /** The same between brackets, where lines do not count. */
  #gap(): void {
    this.#blank();
    if (this.#ended()) this.#refuse('the end of the file, where a bracket is open');
    if (this.#column() < this.#least) this.#refuse('a line between brackets that is not indented enough');
  }

  #endOfLine(what: string): void {
    if (!this.#restIsEmpty()) this.#refuse(what);
    this.#match(/[^\n]*/y);
    this.#at++;
  }

  #restIsEmpty(): boolean {
    return this.#lineHas(/ *(?:$|(?<=[ \n])#)/my);
  }

  #spaces(): void {
    this.#match(/ */y);
  }

  #column(): Column {
    return this.#at - (this.#text.lastIndexOf('\n', this.#at - 1) + 1);
  }

  #ended(): boolean {
    return this.#at >= this.#text.length;
  }

  #lineFrom(at: number): string {
    const end = this.#text.indexOf('\n', at);
    return this.#text.slice(at, end < 0 ? undefined : end);
  }

  #lineHas(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    return pattern.test(this.#text);
  }

  #match(pattern: RegExp): string | undefined {
    return this.#exec(pattern, ([found]) => [found])[0];
  }

  #exec(pattern: RegExp, parts: (found: RegExpExecArray) => (string | undefined)[]): (string | undefined)[] {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (!found) return [];
    this.#at += found[0].length;
    return parts(found);
  }

  #refuse(what: string, at = this.#at): never {
    const before = this.#text.slice(0, at).split('\n');
    throw new Refusal(
      `${this.#where}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}: ${what}. This is read by a small reader of plain YAML; write it as kubectl does.`,
    );
  }
}

/** https://yaml.org/spec/1.2.2/#57-escaped-characters */
const escapes: Readonly<Record<string, string>> = {
  ...{ '0': '\0', a: '\x07', b: '\b', t: '\t', '\t': '\t', n: '\n', v: '\v', f: '\f', r: '\r', e: '\x1b' },
  ...{ ' ': ' ', '"': '"', '/': '/', '\\': '\\', N: '\x85', _: '\xa0', L: '\u2028', P: '\u2029' },
};

/**
 * Words without quotes that are no text, or another number, to one of YAML 1.1 and 1.2: truths, other bases, digits with
 * `_`, base 60, times, infinities, `<<` and `=`. https://yaml.org/type/
 */
const ambiguous =
  /^(?:[yYnN]|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|[-+]?0\d+|[-+]?0(?:[xX][\da-fA-F_]+|[oO][0-7_]+|[bB][01_]+)|[-+]?[\d.][\d_.]*_[\d_.]*|[-+]?\d+(?::[0-5]?\d)+(?:\.\d*)?|\d{4}-\d\d?-\d\d?(?:[Tt ].*)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|<<|=)$/;

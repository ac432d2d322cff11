import { statSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { olderLog } from './log-file.ts';

/** One pod's log, read on and on. */
export class LogTail {
  readonly environment: string;
  readonly pod: string;
  readonly #file: string;
  #at: number | undefined;
  #rest = '';
  #decoder = new StringDecoder('utf8');

  constructor(file: string, environment: string, pod: string) {
    this.#file = file;
    this.environment = environment;
    this.pod = pod;
  }

  /** When it was written last, in milliseconds since 1970. */
  get written(): number {
    return statSync(this.#file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  }

  /**
   * The lines that came since the last time; all that is kept, the first time.
   * @param last whether a line that does not end yet counts
   */
  async read(last: boolean): Promise<string[]> {
    const before = this.#at === undefined ? await readFile(olderLog(this.#file), 'utf8').catch(() => '') : '';
    const text = `${this.#rest}${before}${await this.#more()}`;
    const lines = text.split('\n');
    this.#rest = lines.pop() ?? '';
    if (last && this.#rest !== '') lines.push(this.#rest);
    return lines;
  }

  async #more(): Promise<string> {
    const handle = await open(this.#file).catch(() => undefined);
    // Its pod is gone, and so is its log.
    if (!handle) return '';
    try {
      const { size } = await handle.stat();
      const begun = this.#at !== undefined && this.#at > size;
      // It was begun anew: how it ended before is in the older one.
      const end = begun ? (await readFile(olderLog(this.#file))).subarray(this.#at) : Buffer.alloc(0);
      const from = begun ? 0 : (this.#at ?? 0);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
      this.#at = from + bytesRead;
      return this.#decoder.write(Buffer.concat([end, buffer.subarray(0, bytesRead)]));
    } finally {
      await handle.close();
    }
  }
}

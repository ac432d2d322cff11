import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { RequestHandler } from 'express';

/** The static files of one version, each under an address that changes with its content. */
export type Assets = {
  /**
   * The address of a file, such as `/assets/style.0123456789abcdef.css`.
   * @throws {Error} when there is no such file
   */
  url(name: string): string;
  /**
   * Answers `/assets/:file`, and passes on what it does not know.
   * Only the file's own hash may be kept, for a year. Another one is asked for by the page of another version, while
   * both are served: it gets the present content, which nobody may keep under that address.
   */
  serve: RequestHandler;
};

/** What stands in this folder to be served. */
export const PAGE_FILES = ['docs.js', 'icon.svg', 'page.js', 'style.css'];

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

const IMMUTABLE = 'public, max-age=31536000, immutable';

/**
 * Reads style sheets, scripts and icons, once.
 * @param folders folders, and the names of the files in each
 * @throws {Error} when one is not there
 */
export function loadAssets(folders: readonly (readonly [dir: string, names: readonly string[]])[]): Assets {
  const files = new Map(
    folders.flatMap(([dir, names]) =>
      names.map((name) => {
        const content = readFileSync(join(dir, name));
        return [name, { content, hash: createHash('sha256').update(content).digest('hex').slice(0, 16) }] as const;
      }),
    ),
  );

  return {
    url: (name) => {
      const file = files.get(name);
      if (!file) throw new Error(`There is no asset named ${name}.`);
      const type = extname(name);
      return `/assets/${name.slice(0, -type.length)}.${file.hash}${type}`;
    },
    serve: (request, response, next) => {
      const [, base, hash, type] = /^(.+)\.([0-9a-f]{16})(\.\w+)$/.exec(String(request.params.file)) ?? [];
      const file = files.get(`${base}${type}`);
      if (!file || !type) {
        next();
        return;
      }
      response.set({
        'Content-Type': TYPES[type],
        'Cache-Control': hash === file.hash ? IMMUTABLE : 'no-store',
      });
      response.send(file.content);
    },
  };
}

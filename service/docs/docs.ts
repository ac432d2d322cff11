import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { RequestHandler } from 'express';
import { type Assets, loadAssets } from '../page/assets.ts';
import { html } from '../page/html.ts';
import { sendPage } from '../page/send.ts';

export type Docs = {
  /** The page to read and try the API. */
  page: RequestHandler;
  /** The library's files, under `/assets/:file`; passes on what it does not know. */
  serve: RequestHandler;
};

const LIBRARY = dirname(createRequire(import.meta.filename).resolve('swagger-ui-dist/package.json'));

const documentOf = (own: Assets['url'], library: Assets['url']) =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>The counter's API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${library('swagger-ui.css')}">
<script defer src="${library('swagger-ui-bundle.js')}"></script>
<script defer src="${own('docs.js')}"></script>
</head>
<body>
<main id="docs"><noscript>Without a script, read <a href="/openapi.json">/openapi.json</a>.</noscript></main>
</body>
</html>
`.text;

/**
 * The page of a library, served from its package. Its two megabytes are read when somebody first wants them.
 * @param own where the service's own assets are
 */
export function createDocs(own: Assets['url']): Docs {
  let loaded: Assets | undefined;
  const library = () => {
    loaded ??= loadAssets([[LIBRARY, ['swagger-ui.css', 'swagger-ui-bundle.js']]]);
    return loaded;
  };
  return {
    page: (request, response) => sendPage(request, response, documentOf(own, library().url)),
    serve: (request, response, next) => {
      // Whatever else is asked for is no reason to read them.
      if (String(request.params.file).startsWith('swagger-ui')) library().serve(request, response, next);
      else next();
    },
  };
}

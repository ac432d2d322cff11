import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RequestHandler } from 'express';
import { type Assets, loadAssets } from '../page/assets.ts';
import { html } from '../page/html.ts';

export type Docs = {
  /** The page to read and try the API. */
  page: RequestHandler;
  /** Its files, under `/assets/:file`; passes on what it does not know. */
  serve: RequestHandler;
};

const LIBRARY = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));

const documentOf = (url: Assets['url']) =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>The counter's API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${url('swagger-ui.css')}">
<script defer src="${url('swagger-ui-bundle.js')}"></script>
<script defer src="${url('start.js')}"></script>
</head>
<body>
<main id="docs"><noscript>Without a script, read <a href="/openapi.json">/openapi.json</a>.</noscript></main>
</body>
</html>
`.text;

/** The page of a library, served from its package. Its two megabytes are read when somebody first wants them. */
export function createDocs(): Docs {
  let loaded: Assets | undefined;
  const assets = () => {
    loaded ??= loadAssets([
      [import.meta.dirname, ['start.js']],
      [LIBRARY, ['swagger-ui.css', 'swagger-ui-bundle.js']],
    ]);
    return loaded;
  };
  return {
    page: (_request, response) => {
      response.type('html').send(documentOf(assets().url));
    },
    serve: (request, response, next) => {
      // Whatever else is asked for is no reason to read them.
      if (/^(swagger-ui|start)/.test(String(request.params.file))) assets().serve(request, response, next);
      else next();
    },
  };
}

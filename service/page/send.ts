import type { Request, Response } from 'express';
import helmet from 'helmet';

// A page may load what this host serves, and nothing inline; images may stand in the documentation's style sheet.
const guard = helmet({
  // Every answer by HTTPS has it, and not pages alone.
  strictTransportSecurity: false,
  xFrameOptions: { action: 'deny' },
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      ...{ styleSrc: ["'self'"], scriptSrc: ["'self'"], connectSrc: ["'self'"], imgSrc: ["'self'", 'data:'] },
      ...{ formAction: ["'self'"], baseUri: ["'none'"], frameAncestors: ["'none'"] },
    },
  },
});

/** Answers with a page, and with the headers that keep a browser from doing what the page does not need. */
export function sendPage(request: Request, response: Response, page: string): void {
  guard(request, response, () => void response.type('html').send(page));
}

import { STATUS_CODES } from 'node:http';
import type { Response } from 'express';

/**
 * Answers with a problem document. `type` is left out: it then means `about:blank`, and the title is the status phrase.
 * @param detail one sentence for the person who asked
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export function sendProblem(response: Response, status: number, detail: string): void {
  response
    .status(status)
    .type('application/problem+json')
    .send(JSON.stringify({ title: STATUS_CODES[status], status, detail }));
}

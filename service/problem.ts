import { STATUS_CODES } from 'node:http';
import type { Response } from 'express';

/** A refusal as text: what {@link sendProblem} sends. `type` is left out: it then means `about:blank`. */
export const problem = (status: number, detail: string): string =>
  JSON.stringify({ title: STATUS_CODES[status], status, detail });

/**
 * Answers with a problem document; its title is the status phrase.
 * @param detail one sentence for the person who asked
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export function sendProblem(response: Response, status: number, detail: string): void {
  response.status(status).type('application/problem+json').send(problem(status, detail));
}

/** Answers 503 and when to come back. @param seconds after which it may work again */
export function sendUnavailable(response: Response, detail: string, seconds = 1): void {
  response.set('Retry-After', `${seconds}`);
  sendProblem(response, 503, detail);
}

/** What GitLab refuses, with its HTTP status, its words and the shape in which it says them. */
export class Refused extends Error {
  readonly status: number;
  /** What is answered: most of GitLab says `message`; what checks parameters and routes says `error`. */
  readonly body: object;

  constructor(status: number, message: string, body: object = { message }) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/** A parameter that is missing or has no valid value. https://docs.gitlab.com/api/rest/troubleshooting/#status-code-400 */
export const badParameter = (words: string): Refused => new Refused(400, words, { error: words });

/** What a record's own rules say against it: a list of sentences. */
export const invalid = (status: number, words: string): Refused => new Refused(status, words, { message: [words] });

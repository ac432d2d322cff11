import { Git } from '../../../generators/git/git.ts';

export interface Answer {
  readonly status: number;
  /** What was said, as JSON where it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: what a server says is judged by the test.
  readonly said: any;
  readonly headers: Headers;
}

/** A call of a project's API: `ask('GET', 'merge_requests/1')`. */
export type Client = (method: string, path?: string, body?: object) => Promise<Answer>;

/** Asks GitLab's API of one project, as a person does with curl. */
export function client(host: string, project: string, token: string): Client {
  return async (method, path = '', body = undefined) => {
    const url = `${host}/api/v4/projects/${encodeURIComponent(project)}${path && !path.startsWith('?') ? '/' : ''}${path}`;
    const response = await fetch(url, {
      method,
      headers: { 'private-token': token, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    return {
      status: response.status,
      said: isJson && text !== '' ? JSON.parse(text) : text,
      headers: response.headers,
    };
  };
}

/** A folder's git which shows that token to a host: by the environment, as no argument of a process. */
export const withToken = (dir: string, host: string, token: string): Git =>
  new Git(dir, {
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${host}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(`oauth2:${token}`).toString('base64')}`,
    GIT_AUTHOR_NAME: 'A Tester',
    GIT_AUTHOR_EMAIL: 'tester@localhost.invalid',
    GIT_COMMITTER_NAME: 'A Tester',
    GIT_COMMITTER_EMAIL: 'tester@localhost.invalid',
  });

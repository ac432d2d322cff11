import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Account, levels } from './accounts.ts';

/** A git client's call, and who makes it. */
export interface GitCall {
  /** The bare repository's folder. */
  readonly dir: string;
  /** The path behind `<project>.git`: `/info/refs`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** undefined for one whose token is nobody's. */
  readonly account: Account | undefined;
}

/**
 * Answers a git client over HTTP with git's own server program, which streams both ways. What an account may do to a
 * branch judges the repository's hook, by the variable SLIPWAY_ACCESS_LEVEL.
 * https://git-scm.com/docs/git-http-backend and https://git-scm.com/docs/http-protocol
 */
export async function serveGit(request: IncomingMessage, response: ServerResponse, call: GitCall): Promise<void> {
  const refusal = refused(request, call);
  if (refusal) {
    const { status, words, headers = {} } = refusal;
    // A client that still sends does not read: what it sends is let go.
    request.resume();
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers });
    response.end(`${words}\n`);
    return;
  }
  const child = spawn('git', ['http-backend'], { env: variables(request, call), stdio: ['pipe', 'pipe', 'pipe'] });
  response.on('close', () => child.kill());
  const ended = new Promise<void>((resolve, reject) => child.on('error', reject).on('close', () => resolve()));
  const complaints: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  // The program may end before it has read everything, and a client may leave: either way the answer says what it can.
  pipeline(request, child.stdin as Writable).catch(() => {});
  await Promise.all([ended, answered(child.stdout, response)]);
  if (!response.headersSent) {
    response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(Buffer.concat(complaints));
  }
}

interface Refusal {
  readonly status: number;
  readonly words: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an account may not do at all, in GitLab's words. */
function refused({ method }: IncomingMessage, { path, query, account }: GitCall): Refusal | undefined {
  if (account === undefined) {
    const headers = { 'www-authenticate': 'Basic realm="GitLab"' };
    return { status: 401, words: 'HTTP Basic: Access denied. Check the token that is given as password.', headers };
  }
  const service =
    path === '/info/refs' && method === 'GET' ? query.get('service') : method === 'POST' ? path.slice(1) : '';
  if (service !== 'git-upload-pack' && service !== 'git-receive-pack') {
    return { status: 404, words: 'Only the smart protocol of git is spoken here.' };
  }
  if (account.level < levels.reporter) {
    return { status: 403, words: 'You are not allowed to download code from this project.' };
  }
  if (service === 'git-receive-pack' && account.level < levels.developer) {
    return { status: 403, words: 'You are not allowed to push code to this project.' };
  }
  return undefined;
}

/** What git needs of this machine's variables; a hook has no business with the others, some of which are secrets. */
const needed = ['PATH', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH', 'GIT_EXEC_PATH'];

/** The variables of CGI: https://www.rfc-editor.org/rfc/rfc3875 */
function variables({ method, headers }: IncomingMessage, { dir, path, query, account }: GitCall): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(needed.map((name) => [name, process.env[name]])),
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_PROJECT_ROOT: dir,
    GIT_HTTP_EXPORT_ALL: '1',
    GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
    PATH_INFO: path,
    QUERY_STRING: query.toString(),
    REQUEST_METHOD: method,
    CONTENT_TYPE: headers['content-type'],
    CONTENT_LENGTH: headers['content-length'],
    HTTP_CONTENT_ENCODING: headers['content-encoding'],
    REMOTE_USER: account?.username,
    REMOTE_ADDR: '127.0.0.1',
    SLIPWAY_ACCESS_LEVEL: String(account?.level ?? 0),
  };
}

/** Passes on what a CGI program says: headers, among them its status, an empty line, and the body as it comes. */
async function answered(said: AsyncIterable<Buffer>, response: ServerResponse): Promise<void> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of said) {
    if (head === undefined) {
      await written(response, chunk);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) continue;
    const lines = head.subarray(0, end).toString('latin1').split('\r\n');
    const headers = lines.map((line) => line.split(/:\s*/, 2) as [string, string]);
    const status = headers.find(([name]) => name.toLowerCase() === 'status')?.[1] ?? '200';
    response.writeHead(
      Number.parseInt(status, 10),
      Object.fromEntries(headers.filter(([, value]) => value !== status)),
    );
    await written(response, head.subarray(end + 4));
    head = undefined;
  }
  if (response.headersSent) response.end();
}

/** Waits for a reader that is slower than the program; one that left is waited for no longer. */
async function written(response: ServerResponse, chunk: Buffer): Promise<void> {
  if (response.destroyed || response.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const go = () => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.once('drain', go).once('close', go);
  });
}

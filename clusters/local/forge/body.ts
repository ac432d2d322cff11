import type { IncomingMessage } from 'node:http';
import { Refused } from './refused.ts';

/** The parameters of a call. */
export type Body = Readonly<Record<string, unknown>>;

/** More than the longest description that GitLab takes, with every letter escaped. */
const longest = 16 * 1024 * 1024;

/** @throws {Refused} for what is too large, or no JSON object and no form */
export async function bodyOf(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    // The rest is read and let go: a caller that still sends would not read the answer.
    if (length <= longest) chunks.push(chunk);
  }
  if (length > longest) {
    throw new Refused(413, '413 Request Entity Too Large', { error: '413 Request Entity Too Large' });
  }
  const text = Buffer.concat(chunks).toString();
  if (text === '') return {};
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('application/x-www-form-urlencoded')) return formOf(new URLSearchParams(text));
  const body = parsed(text);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    const words = '400 Bad request - The body is not a JSON object';
    throw new Refused(400, words);
  }
  return body as Body;
}

/** Fields of a form; `labels[]=a&labels[]=b` is a list. */
function formOf(form: URLSearchParams): Body {
  const names = [...new Set(form.keys())];
  return Object.fromEntries(
    names.map((name) => (name.endsWith('[]') ? [name.slice(0, -2), form.getAll(name)] : [name, form.get(name)])),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

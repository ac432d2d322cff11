import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { isMapping } from '../model/mapping.ts';
import { Refusal } from '../model/refusal.ts';

/** Who asks a registry. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/** By registry host; undefined where nobody has logged in, and then it is asked without a name. */
export type Logins = (host: string) => Promise<Login | undefined>;

/** Docker Hub's login has a name of its own: https://docs.docker.com/reference/cli/docker/login/ */
const hub = 'https://index.docker.io/v1/';

/**
 * What `docker login` left, or a CI job wrote: `config.json` in DOCKER_CONFIG, else in `~/.docker`. The password is in
 * no argument and no variable of ours.
 */
export function dockerLogins(env: NodeJS.ProcessEnv): Logins {
  const file = join(env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker'), 'config.json');
  let reading: Promise<Record<string, unknown>> | undefined;
  return async (host) => {
    reading ??= readConfig(file);
    const config = await reading;
    const names = host === 'docker.io' ? [hub, host] : [host, `https://${host}`];
    const helpers = isMapping(config.credHelpers) ? config.credHelpers : {};
    for (const name of names) {
      const entry = isMapping(config.auths) ? config.auths[name] : undefined;
      const login = isMapping(entry) ? loginOf(entry, file, name) : undefined;
      if (login) return login;
      const helper = helpers[name];
      if (typeof helper === 'string') return askHelper(helper, name, env);
    }
    // The store of a desktop asks a person; a host that it does not know has no login there.
    if (typeof config.credsStore === 'string') return askHelper(config.credsStore, names[0] as string, env);
    return undefined;
  };
}

async function readConfig(file: string): Promise<Record<string, unknown>> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Refusal(`${file} cannot be read (${(error as Error).message}); it holds the logins of registries.`);
  }
  try {
    const value: unknown = JSON.parse(content);
    if (isMapping(value)) return value;
  } catch {
    // What the parser says would quote the file, which has passwords.
  }
  throw new Refusal(`${file} is no JSON object: log in again with docker login, or write it anew.`);
}

function loginOf(entry: Readonly<Record<string, unknown>>, file: string, name: string): Login | undefined {
  if (typeof entry.username === 'string' && typeof entry.password === 'string')
    return { user: entry.username, password: entry.password };
  if (typeof entry.auth !== 'string' || entry.auth === '') return undefined;
  const decoded = Buffer.from(entry.auth, 'base64').toString();
  const colon = decoded.indexOf(':');
  if (colon < 1) throw new Refusal(`${file}: auth of ${name} is not the Base64 form of user:password; log in again.`);
  return { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** https://github.com/docker/docker-credential-helpers#development */
async function askHelper(helper: string, name: string, env: NodeJS.ProcessEnv): Promise<Login | undefined> {
  const command = `docker-credential-${helper}`;
  if (!/^[\w.-]+$/.test(helper)) throw new Refusal(`${JSON.stringify(helper)} is not the name of a credential helper.`);
  const child = spawn(command, ['get'], { env, stdio: ['pipe', 'pipe', 'pipe'], timeout: 30_000 });
  child.stdin.on('error', () => {});
  child.stdin.end(name);
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [status, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]).catch(
    (error: Error) => {
      throw new Refusal(`${command} cannot be run (${error.message}); Docker's config.json asks for it.`);
    },
  );
  if (status !== 0) {
    if (/credentials not found/i.test(out + err)) return undefined;
    throw new Refusal(`${command} has no login for ${name}: ${err.trim().slice(0, 200) || `exit status ${status}`}.`);
  }
  const answer = JSON.parse(out) as { Username?: string; Secret?: string };
  return answer.Username && answer.Secret ? { user: answer.Username, password: answer.Secret } : undefined;
}

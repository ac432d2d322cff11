import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Access, Exec, FileOf, Source } from '../model/kubeconfig.ts';
import { isMapping } from '../model/mapping.ts';
import { Refusal } from '../model/refusal.ts';

/** By what an API server knows who asks. */
export interface Credentials {
  readonly token: string | undefined;
  readonly certificate: string | Buffer | undefined;
  readonly key: string | Buffer | undefined;
  /** Milliseconds since 1970, after which they are asked for anew; undefined for never. */
  readonly until: number | undefined;
}

/** What credentials are read with: the surroundings of the command. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Milliseconds for which a token of a file is used; whoever puts it there changes it. */
const fileAge = 60_000;
/** Milliseconds before its end at which a token is asked for anew, and for which a plugin may ask a person. */
const margin = 30_000;
const patience = 180_000;

/**
 * By what the server knows the user of a context.
 * @throws {Refusal} naming the file that cannot be read, or what a plugin said
 */
export async function credentialsOf(access: Access, { env, now }: Surroundings): Promise<Credentials> {
  const [certificate, key] = await Promise.all([bytesOf(access.certificate), bytesOf(access.key)]);
  const own = { token: access.token, certificate, key, until: undefined };
  if (access.tokenFile) {
    const token = (await readNamed(access.tokenFile)).toString().trim();
    return { ...own, token, until: now() + fileAge };
  }
  if (!access.exec || own.token || certificate) return own;
  return askPlugin(access.exec, access, env);
}

/** What stands in a kubeconfig, or in a file that it names. @throws {Refusal} naming a file that cannot be read */
export const bytesOf = async (source: Source | undefined): Promise<Buffer | undefined> =>
  source && ('data' in source ? Buffer.from(source.data, 'base64') : readNamed(source.file));

async function readNamed({ path, from }: FileOf): Promise<Buffer> {
  const file = resolve(dirname(from), path);
  return readFile(file).catch((error: Error) => {
    throw new Refusal(`${from} names ${file}, which cannot be read (${error.message}).`);
  });
}

/** https://kubernetes.io/docs/reference/config-api/client-authentication.v1/ */
async function askPlugin(exec: Exec, access: Access, env: NodeJS.ProcessEnv): Promise<Credentials> {
  const command = exec.command.includes('/') ? resolve(dirname(exec.from), exec.command) : exec.command;
  const interactive = process.stdin.isTTY === true;
  const authority = exec.informed ? (await bytesOf(access.authority))?.toString('base64') : undefined;
  const cluster = {
    server: access.server,
    ...(access.serverName ? { 'tls-server-name': access.serverName } : {}),
    ...(access.insecure ? { 'insecure-skip-tls-verify': true } : {}),
    ...(authority ? { 'certificate-authority-data': authority } : {}),
  };
  const spec = { interactive, ...(exec.informed ? { cluster } : {}) };
  const info = { apiVersion: exec.apiVersion, kind: 'ExecCredential', spec };
  const child = spawn(command, exec.args, {
    env: { ...env, ...exec.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
    // It may ask a person for a password, and says there what is wrong.
    stdio: [interactive ? 'inherit' : 'ignore', 'pipe', 'inherit'],
    // Not `timeout`, whose timer stays when a program cannot be started.
    signal: AbortSignal.timeout(patience),
  });
  const out: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  const said = [command, ...exec.args].join(' ');
  const status = await new Promise<number | null>((done, fail) => {
    child.on('close', done);
    child.on('error', (error) =>
      fail(
        new Refusal(
          `${exec.from}: ${command} cannot be started (${error.message}).${exec.hint ? ` ${exec.hint.trim()}` : ''}`,
        ),
      ),
    );
  });
  if (status !== 0)
    throw new Refusal(`${said} gave no credential (exit status ${status}). Log in again, as its message says.`);
  return credentialIn(Buffer.concat(out).toString(), said);
}

function credentialIn(text: string, said: string): Credentials {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {}
  const status = isMapping(found) && isMapping(found.status) ? found.status : {};
  const [token, certificate, key, until] = (
    ['token', 'clientCertificateData', 'clientKeyData', 'expirationTimestamp'] as const
  ).map((field) => (typeof status[field] === 'string' ? (status[field] as string) : undefined));
  if (token === undefined && (certificate === undefined || key === undefined))
    throw new Refusal(`${said} printed no ExecCredential with a token or a certificate.`);
  const end = until === undefined ? Number.NaN : Date.parse(until);
  return { token, certificate, key, until: Number.isNaN(end) ? undefined : end - margin };
}

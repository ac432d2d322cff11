import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { cosign } from '../live/cosign.ts';
import { pushImage, type ServedRegistry, serveRegistry } from '../live/registry.fixture.ts';
import { registry } from '../live/registry.ts';
import { signerOf } from '../model/signer.ts';
import { program } from './hydrate-commit.ts';
import type { ImageDoors } from './image-find.ts';
import { joinImages } from './image-join.ts';
import type { Scope } from './sandbox.fixture.ts';

/** A real registry and two keys: ours, and that of somebody who may push as well. */
export interface ImagePlace extends ServedRegistry {
  /** `127.0.0.1:41234/group/counter`. */
  readonly repository: string;
  readonly doors: ImageDoors;
  /** The same with the other key. */
  readonly others: ImageDoors;
  /** What was said. */
  readonly said: string[];
  /** What the command line signs with. */
  readonly env: NodeJS.ProcessEnv;
  /** Pushes an image for both platforms, without a tag. @returns the digest of its index */
  build(content: string): Promise<string>;
}

const standIns = join(program, 'generators', 'ci', 'stand-ins');

export async function imagePlace(t: Scope): Promise<ImagePlace> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-image-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const served = await serveRegistry(t);
  const said: string[] = [];
  // `node` on the PATH is what the stand-in starts, whichever it is.
  const env = { ...process.env, PATH: [standIns, process.env.PATH].join(delimiter), COSIGN_PASSWORD: '' };
  const door = registry(async () => undefined, { attempts: 2, first: 10, timeout: 5000 });
  const doorsOf = async (name: string): Promise<ImageDoors & { key: string }> => {
    const key = await makeKey(dir, name);
    const signer = signerOf({ signingKey: key, branch: 'main' });
    return { key, registry: door, cosign: cosign({ signer, env, first: 10 }), say: (line) => void said.push(line) };
  };
  const [doors, others] = [await doorsOf('ours'), await doorsOf('others')];
  const repository = `${served.host}/group/counter`;
  const build = async (content: string) => {
    const builds = [];
    for (const architecture of ['amd64', 'arm64']) builds.push(await pushImage(repository, { architecture, content }));
    return joinImages(door, repository, builds, ['linux/amd64', 'linux/arm64']);
  };
  return {
    ...served,
    repository,
    doors,
    others,
    said,
    build,
    env: { ...env, SLIPWAY_SIGNING_KEY: doors.key, DOCKER_CONFIG: dir },
  };
}

async function makeKey(dir: string, name: string): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const file = join(dir, `${name}.key`);
  await writeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await writeFile(join(dir, `${name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }));
  return file;
}

export interface Answered {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in a folder. */
export async function slipway(cwd: string, env: NodeJS.ProcessEnv, ...args: string[]): Promise<Answered> {
  const launcher = join(program, 'generators', 'commands', 'slipway.mjs');
  const child = spawn(process.execPath, [launcher, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const status = new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await status, stdout, stderr };
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf, mediaType } from '../model/image-index.ts';
import { freePort } from '../port.fixture.ts';

/** Why tests that need a registry are skipped; false where Debian's is there. */
export const noRegistry: string | false = spawnSync('docker-registry', ['--version']).error
  ? 'docker-registry is not installed (Debian: docker-registry; Homebrew has none)'
  : false;

/** What a fixture lives in: a test, or anything else that cleans up at its end. */
interface Scope {
  after(cleanUp: () => unknown): void;
}

export interface ServedRegistry {
  /** `127.0.0.1:41234`. */
  readonly host: string;
  /** Stops it, as a registry that is down; `start` has it come back with all that it had. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** A real registry on loopback, in a folder of its own, with deletion turned on. */
export async function serveRegistry(t: Scope): Promise<ServedRegistry> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-registry-'));
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const settings = {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(dir, 'data') }, delete: { enabled: true } },
    http: { addr: host, secret: 'of no use elsewhere' },
  };
  const file = join(dir, 'config.yml');
  // JSON is YAML.
  await writeFile(file, JSON.stringify(settings));
  let child: ChildProcess | undefined;
  const stop = async () => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null) return;
    const ended = new Promise((resolve) => running.once('exit', resolve));
    running.kill('SIGKILL');
    await ended;
  };
  const start = async () => {
    child = spawn('docker-registry', ['serve', file], { stdio: 'ignore' });
    for (let left = 200; ; left--) {
      const up = await fetch(`http://${host}/v2/`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (up) return;
      if (left === 0) throw new Error(`docker-registry did not start at ${host}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  };
  t.after(async () => {
    await stop();
    await rm(dir, { recursive: true, force: true });
  });
  await start();
  return { host, stop, start };
}

/** Puts bytes into a repository. @returns their digest */
export async function pushBlob(repository: string, bytes: string | Buffer): Promise<string> {
  const { origin, name } = placeOf(repository);
  const digest = digestOf(bytes);
  const begun = await fetch(`${origin}/v2/${name}/blobs/uploads/`, { method: 'POST' });
  const to = new URL(begun.headers.get('location') ?? '', origin);
  to.searchParams.set('digest', digest);
  const body = new Uint8Array(Buffer.from(bytes));
  const { status } = await fetch(to, { method: 'PUT', body, headers: { 'content-type': 'application/octet-stream' } });
  if (status !== 201) throw new Error(`${repository} answered ${status} to a blob`);
  return digest;
}

export async function pushManifest(repository: string, manifest: object, reference?: string): Promise<string> {
  const { origin, name } = placeOf(repository);
  const body = JSON.stringify(manifest);
  const digest = digestOf(body);
  const type = (manifest as { mediaType: string }).mediaType;
  const headers = { 'content-type': type };
  const { status } = await fetch(`${origin}/v2/${name}/manifests/${reference ?? digest}`, {
    method: 'PUT',
    body,
    headers,
  });
  if (status !== 201) throw new Error(`${repository} answered ${status} to a manifest`);
  return digest;
}

export interface TinyImage {
  readonly architecture?: string;
  /** What makes it another image. */
  readonly content?: string;
  readonly tag?: string;
}

/** Pushes an image made by hand: a configuration and one layer, as little as a registry takes. @returns its digest */
export async function pushImage(
  repository: string,
  { architecture = 'amd64', content = 'nothing', tag }: TinyImage = {},
): Promise<string> {
  const layer = await pushBlob(repository, content);
  const text = JSON.stringify({
    ...{ architecture, os: 'linux', config: {} },
    rootfs: { type: 'layers', diff_ids: [layer] },
  });
  const config = await pushBlob(repository, text);
  return pushManifest(
    repository,
    {
      schemaVersion: 2,
      mediaType: mediaType.manifest,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config, size: text.length },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: layer, size: content.length }],
    },
    tag,
  );
}

const placeOf = (repository: string) => {
  const slash = repository.indexOf('/');
  return { origin: `http://${repository.slice(0, slash)}`, name: repository.slice(slash + 1) };
};

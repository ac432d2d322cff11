import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, lstat, mkdir, mkdtemp, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

/**
 * What stands in for the two images that the service's Dockerfile begins with, where no registry of images can be
 * reached: made of Debian's packages and of this repository's Node, once per machine.
 */
export interface Bases {
  /** What `SLIPWAY_BASES` names: an image store with `localhost/slipway/build:here` and `…/runtime:here`. */
  readonly folder: string;
  /** Whether they were made now rather than found. */
  readonly made: boolean;
}

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const node = join(root, `node_modules/node-linux-${process.arch}/bin/node`);

const programs = ['mmdebstrap', 'buildah', 'skopeo', 'tar'];
const absent = programs.filter((name) => spawnSync(name, ['--version']).error !== undefined);

/** Why no image can be built here, or false where one can. */
export const basesMissing: string | false =
  absent.length > 0
    ? `Images are built here by programs of Debian's, and these are not installed: ${absent.join(', ')}.`
    : process.getuid?.() !== 0 && 'Images are built in a chroot here, which only root may make.';

/** Finds the bases in the user's cache, or makes them, in less than a minute; whole or not at all. */
export async function bases(): Promise<Bases> {
  const recipe = await readFile(import.meta.filename);
  const { version } = JSON.parse(await readFile(join(dirname(node), '../package.json'), 'utf8')) as { version: string };
  const key = createHash('sha256').update(recipe).update(version).digest('hex').slice(0, 12);
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'slipway');
  const folder = join(cache, `bases-${key}`);
  if (await exists(folder)) return { folder, made: false };
  await mkdir(cache, { recursive: true });
  const making = await mkdtemp(join(cache, 'making-'));
  try {
    const debian = join(making, 'debian');
    await run('mmdebstrap', ['--quiet', '--variant=minbase', '--include=ca-certificates', 'bookworm', debian]);
    const store = join(making, 'store');
    await makeRuntime(debian, making, store);
    await makeBuild(debian, making, store);
    await rename(store, folder).catch(async (error) => {
      // Another may have made them meanwhile.
      if (!(await exists(folder))) throw error;
    });
    return { folder, made: true };
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

const exists = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** As Node's own image: Debian with `node` and `npm` on the PATH. */
async function makeBuild(debian: string, making: string, store: string): Promise<void> {
  await cp(node, join(debian, 'usr/local/bin/node'));
  const { stdout } = await run('sh', ['-c', 'command -v npm']);
  const npm = dirname(dirname(await realpath(stdout.trim())));
  await cp(npm, join(debian, 'usr/local/lib/node_modules/npm'), { recursive: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(debian, 'usr/local/bin/npm'));
  // Whom this machine's Node trusts beside the rest: what answers for npm's registry may be somebody else.
  const trusted = 'usr/local/share/trusted-here.crt';
  const { NODE_EXTRA_CA_CERTS } = process.env;
  await (NODE_EXTRA_CA_CERTS ? cp(NODE_EXTRA_CA_CERTS, join(debian, trusted)) : writeFile(join(debian, trusted), ''));
  await keep('build', debian, making, store, { Env: [PATH, `NODE_EXTRA_CA_CERTS=/${trusted}`], Cmd: ['node'] });
}

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** As distroless: Node, the libraries that it is linked with, certificates and a user; no shell. */
async function makeRuntime(debian: string, making: string, store: string): Promise<void> {
  const tree = join(making, 'tree');
  for (const path of ['nodejs/bin', 'etc/ssl/certs', 'tmp', 'proc', 'dev', 'home/nonroot']) {
    await mkdir(join(tree, path), { recursive: true });
  }
  await cp(node, join(tree, 'nodejs/bin/node'));
  const certificates = 'etc/ssl/certs/ca-certificates.crt';
  await cp(join(debian, certificates), join(tree, certificates));
  const user = (name: string, id: number, home: string) => `${name}:x:${id}:${id}:${name}:${home}:/sbin/nologin\n`;
  await writeFile(join(tree, 'etc/passwd'), user('root', 0, '/root') + user('nonroot', 65532, '/home/nonroot'));
  await writeFile(join(tree, 'etc/group'), 'root:x:0:\nnonroot:x:65532:\n');
  // Debian's own loader is asked for the libraries, not this machine's.
  await cp(node, join(debian, 'tmp/node'));
  const { stdout } = await run('chroot', [debian, 'ldd', '/tmp/node']);
  await rm(join(debian, 'tmp/node'));
  for (const [, library = ''] of stdout.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)) {
    await mkdir(join(tree, dirname(library)), { recursive: true });
    // Read inside, since the path may go through links that are absolute there.
    const { stdout: target } = await run('chroot', [debian, 'readlink', '-f', library]);
    await cp(join(debian, target.trim()), join(tree, library));
  }
  await run('chmod', ['-R', 'u=rwX,go=rX', tree]);
  await run('chmod', ['1777', join(tree, 'tmp')]);
  await run('chown', ['65532:65532', join(tree, 'home/nonroot')]);
  await keep('runtime', tree, making, store, {
    Env: [PATH, `SSL_CERT_FILE=/${certificates}`],
    Entrypoint: ['/nodejs/bin/node'],
    User: '65532',
    WorkingDir: '/home/nonroot',
  });
}

/** Puts a folder's files into the image store, as an image of one layer; the times in it are 0. */
async function keep(name: string, tree: string, making: string, store: string, config: object): Promise<void> {
  const layout = join(making, name);
  const blobs = join(layout, 'blobs/sha256');
  await mkdir(blobs, { recursive: true });
  const tar = join(making, 'layer.tar');
  const times = ['--sort=name', '--mtime=@0', '--numeric-owner'];
  await run('tar', ['--create', '--file', tar, '--directory', tree, ...times, '--exclude=./dev/*', '.']);
  const hash = createHash('sha256');
  await pipeline(createReadStream(tar), hash);
  const layer = hash.digest('hex');
  const { size } = await lstat(tar);
  await rename(tar, join(blobs, layer));
  const put = async (mediaType: string, content: object) => {
    const text = JSON.stringify(content);
    const hex = createHash('sha256').update(text).digest('hex');
    await writeFile(join(blobs, hex), text);
    return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
  };
  const type = 'application/vnd.oci.image';
  const described = await put(`${type}.config.v1+json`, {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
  });
  const manifest = await put(`${type}.manifest.v1+json`, {
    schemaVersion: 2,
    mediaType: `${type}.manifest.v1+json`,
    config: described,
    layers: [{ mediaType: `${type}.layer.v1.tar`, digest: `sha256:${layer}`, size }],
  });
  await writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const place = `containers-storage:[vfs@${store}+${join(making, 'run')}]localhost/slipway/${name}:here`;
  await run('skopeo', ['copy', '--quiet', `oci:${layout}`, place]);
}

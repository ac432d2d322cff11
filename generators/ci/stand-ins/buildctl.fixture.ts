import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fields, standIn, taken, Unknown } from './call.fixture.ts';

// BuildKit's client, its daemon with it, as the pipeline calls it; what builds is Debian's Buildah, in a chroot. The
// image is real, and so is the push; it is BuildKit's own way to write layers that is not seen here. For arm64 it
// builds what it builds for this machine and says arm64 in it: no processor of that kind is here to run `RUN` on.
//
// `SLIPWAY_BASES` names the image store that stands in for the base images (`bases.fixture.ts`); without it they are
// pulled as the Dockerfile says.

const here = process.arch === 'arm64' ? 'arm64' : 'amd64';

interface Asked {
  readonly context: string;
  readonly dockerfile: string;
  readonly arch: 'amd64' | 'arm64';
  readonly args: readonly string[];
  /** Where it is pushed by digest. */
  readonly push?: string;
  /** The folder that its OCI layout is written to. */
  readonly folder?: string;
  readonly metadata?: string;
}

function build(args: readonly string[]): number {
  const asked = read(args);
  const dir = mkdtempSync(join(tmpdir(), 'slipway-image-'));
  try {
    const layout = join(dir, 'layout');
    buildah(asked, dir, layout);
    const digest = asked.arch === here ? digestOf(layout) : renamed(layout, asked.arch);
    if (asked.push) push(layout, `${asked.push}@${digest}`);
    if (asked.folder) cpSync(layout, asked.folder, { recursive: true });
    if (asked.metadata) {
      const name = asked.push ? { 'image.name': asked.push } : {};
      writeFileSync(asked.metadata, `${JSON.stringify({ 'containerimage.digest': digest, ...name }, null, 2)}\n`);
    }
    console.error(`built ${digest}`);
    return 0;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** @throws {Unknown} whatever the pipeline would not get from BuildKit, or should not ask of it */
function read(args: readonly string[]): Asked {
  const { words, options } = taken(args, {
    ...{ '--frontend': true, '--local': true, '--opt': true, '--output': true, '--metadata-file': true },
    ...{ '--progress': true, '--no-cache': false },
  });
  if (words.join(' ') !== 'build') throw new Unknown(`it knows build, not ${words.join(' ')}`);
  // https://github.com/moby/buildkit/blob/master/docs/rootless.md#docker
  if (!process.env.BUILDKITD_FLAGS?.split(' ').includes('--oci-worker-no-process-sandbox'))
    throw new Unknown('without BUILDKITD_FLAGS=--oci-worker-no-process-sandbox no rootless container can build');
  if (options['--frontend']?.[0] !== 'dockerfile.v0') throw new Unknown('--frontend is dockerfile.v0');
  const locals = Object.assign({}, ...(options['--local'] ?? []).map(fields)) as Record<string, string>;
  const { context, dockerfile, ...otherLocals } = locals;
  if (!context || !dockerfile || Object.keys(otherLocals).length > 0)
    throw new Unknown('--local is context and dockerfile');
  const opts = (options['--opt'] ?? []).map((text): [string, string] => {
    const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    return [name, value];
  });
  const { platform, filename = 'Dockerfile', ...otherOpts } = Object.fromEntries(opts);
  const [, arch] = /^linux\/(amd64|arm64)$/.exec(platform ?? '') ?? [];
  if (!arch) throw new Unknown('--opt platform is linux/amd64 or linux/arm64');
  for (const name of Object.keys(otherOpts)) if (!/^build-arg:\w+$/.test(name)) throw new Unknown(`--opt ${name}`);
  // Times are rewritten to what this says: https://github.com/moby/buildkit/blob/master/docs/build-repro.md
  if (otherOpts['build-arg:SOURCE_DATE_EPOCH'] !== '0') throw new Unknown('the time of the build would stand in it');
  if (existsSync(join(context, '.git'))) throw new Unknown(`${context} is a checkout, and not git's tree alone`);
  if (!existsSync(join(dockerfile, filename))) throw new Unknown(`no ${filename} in ${dockerfile}`);
  const [metadata] = options['--metadata-file'] ?? [];
  return {
    ...{ context, dockerfile: join(dockerfile, filename), arch: arch as Asked['arch'] },
    args: Object.entries(otherOpts).map(([name, value]) => `${name.slice('build-arg:'.length)}=${value}`),
    ...target(options['--output'] ?? []),
    ...(metadata && { metadata }),
  };
}

/** https://github.com/moby/buildkit#output */
function target(outputs: readonly string[]): Pick<Asked, 'push' | 'folder'> {
  const [output = ''] = outputs;
  if (outputs.length !== 1) throw new Unknown('one --output is wanted');
  const { type, name, push, dest, ...rest } = fields(output);
  const wanted = { 'oci-mediatypes': 'true', 'rewrite-timestamp': 'true' };
  const byDigest = { 'push-by-digest': 'true', 'name-canonical': 'true' };
  // Trivy reads no OCI archive, but its folder: https://github.com/aquasecurity/trivy/issues/5775
  const known: Record<string, string> = { ...wanted, ...(type === 'image' ? byDigest : { tar: 'false' }) };
  for (const [field, value] of Object.entries(rest))
    if (known[field] !== value) throw new Unknown(`--output ${field}=${value}`);
  if (rest['rewrite-timestamp'] !== 'true') throw new Unknown('the times of files would stand in the image');
  if (type === 'oci' && dest && rest.tar) return { folder: dest };
  if (type !== 'image') throw new Unknown(`--output type=${type}`);
  if (push !== 'true') return {};
  if (!name || /:[^/]*$|@/.test(name)) throw new Unknown(`name is a repository without a tag: ${name}`);
  for (const field of Object.keys(byDigest))
    if (rest[field] !== 'true') throw new Unknown(`a push without ${field} makes a tag`);
  return { push: name };
}

function buildah({ context, dockerfile, args }: Asked, dir: string, layout: string): void {
  const bases = process.env.SLIPWAY_BASES;
  const store = ['--root', join(dir, 'store'), '--runroot', join(dir, 'run'), '--storage-driver', 'vfs'];
  if (bases) store.push('--storage-opt', `vfs.imagestore=${bases}`);
  const base = ['BUILD_IMAGE', 'RUNTIME_IMAGE'].filter((name) => !args.some((arg) => arg.startsWith(`${name}=`)));
  const buildArgs = [
    ...args.filter((arg) => !arg.startsWith('SOURCE_DATE_EPOCH=')),
    ...(bases ? base.map((name) => `${name}=localhost/slipway/${name.slice(0, -6).toLowerCase()}:here`) : []),
  ];
  const run = (words: readonly string[]) => {
    const { status, error } = spawnSync('buildah', [...store, ...words], { stdio: ['ignore', 2, 2] });
    if (error) throw error;
    if (status !== 0) throw new Error(`buildah ended with ${status}; its messages stand above.`);
  };
  run([
    ...['build', '--isolation', 'chroot', '--format', 'oci', '--timestamp', '0', '--identity-label=false'],
    ...['--layers=false', ...(bases ? ['--pull-never'] : []), '--file', dockerfile, '--tag', 'localhost/built:here'],
    ...buildArgs.flatMap((arg) => ['--build-arg', arg]),
    ...registryOfNpm(dir).flatMap((mount) => ['--volume', mount]),
    context,
  ]);
  run(['push', '--quiet', '--format', 'oci', 'localhost/built:here', `oci:${layout}`]);
}

/** How npm here reaches its registry, shown to `RUN` while it runs: it stands in no layer. */
function registryOfNpm(dir: string): string[] {
  const setting = (name: string) => {
    const { stdout } = spawnSync('npm', ['config', 'get', name], { cwd: '/', encoding: 'utf8' });
    return stdout && !/^(null|undefined)?$/.test(stdout.trim()) ? stdout.trim() : undefined;
  };
  const certificates = setting('cafile') ?? process.env.NODE_EXTRA_CA_CERTS;
  const npmrc = join(dir, 'npmrc');
  writeFileSync(npmrc, `registry=${setting('registry')}\n${certificates ? `cafile=${certificates}\n` : ''}`);
  const shown = [
    [npmrc, '/usr/local/etc/npmrc'],
    [setting('userconfig'), '/root/.npmrc'],
    [certificates, certificates],
  ];
  return shown.flatMap(([from, to]) => (from && existsSync(from) ? [`${from}:${to}:ro`] : []));
}

interface Index {
  readonly manifests: { readonly digest: string; size: number; platform?: object }[];
}

const blob = (layout: string, digest: string) => join(layout, 'blobs/sha256', digest.replace('sha256:', ''));
const indexOf = (layout: string) => JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as Index;

function digestOf(layout: string): string {
  const [manifest] = indexOf(layout).manifests;
  if (!manifest) throw new Error(`Buildah wrote no image into ${layout}.`);
  return manifest.digest;
}

/** Says another architecture in an image, and gives its new digest. */
function renamed(layout: string, architecture: string): string {
  console.error(`This is no ${architecture}: what was built for ${here} is only named so.`);
  const rewritten = (digest: string, change: (content: Record<string, unknown>) => object) => {
    const text = JSON.stringify(change(JSON.parse(readFileSync(blob(layout, digest), 'utf8'))));
    const renewed = `sha256:${createHash('sha256').update(text).digest('hex')}`;
    rmSync(blob(layout, digest));
    writeFileSync(blob(layout, renewed), text);
    return { digest: renewed, size: Buffer.byteLength(text) };
  };
  const index = indexOf(layout);
  const manifest = rewritten(digestOf(layout), ({ config, ...rest }) => {
    const old = config as { digest: string };
    return { ...rest, config: { ...old, ...rewritten(old.digest, (content) => ({ ...content, architecture })) } };
  });
  const text = JSON.stringify({ ...index, manifests: [{ ...index.manifests[0], ...manifest }] });
  writeFileSync(join(layout, 'index.json'), text);
  return manifest.digest;
}

/**
 * Nothing has a tag, and a registry on loopback speaks plain HTTP, as with BuildKit, which also asks again what a
 * registry answers with 5xx: https://github.com/moby/buildkit/tree/master/util/resolver/retryhandler. Debian's registry
 * does that now and then when two jobs push the same blob at once.
 */
function push(layout: string, reference: string): void {
  const { DOCKER_CONFIG } = process.env;
  const loopback = /^(localhost|127\.[\d.]+|\[::1\])[:/]/.test(reference);
  const credentials = DOCKER_CONFIG ? { REGISTRY_AUTH_FILE: join(DOCKER_CONFIG, 'config.json') } : {};
  const verify = `--dest-tls-verify=${!loopback}`;
  for (let left = 3; ; left -= 1) {
    const { status, error, stderr } = spawnSync(
      'skopeo',
      ['copy', '--quiet', '--preserve-digests', verify, `oci:${layout}`, `docker://${reference}`],
      { stdio: ['ignore', 2, 'pipe'], env: { ...process.env, ...credentials }, encoding: 'utf8' },
    );
    if (error) throw error;
    process.stderr.write(stderr);
    if (status === 0) return;
    if (left === 1 || !/\b5\d\d \(/.test(stderr))
      throw new Error(`${reference} could not be pushed; the messages stand above.`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  }
}

await standIn('buildctl-daemonless.sh', build);

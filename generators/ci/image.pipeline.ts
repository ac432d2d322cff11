import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { noRegistry, serveRegistry } from '../live/registry.fixture.ts';
import { freePort } from '../port.fixture.ts';
import { bases, basesMissing } from './bases.fixture.ts';

// The service's image, really built from its Dockerfile, pushed, pulled, looked into and run. `npm run test:pipeline`:
// minutes, and programs that only Debian has. With `SLIPWAY_BUILDKIT=unix:///…/buildkitd.sock`, and its `buildctl` on
// the PATH, BuildKit itself builds.

const root = join(import.meta.dirname, '../..');
const folder = 'service';
const standIn = join(import.meta.dirname, 'stand-ins/buildctl-daemonless.sh');
const buildkit = process.env.SLIPWAY_BUILDKIT;

suite('the image of the service', { skip: basesMissing || noRegistry }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'slipway-image-test-'));
  const repository = join(dir, 'repository');
  let host: string;
  let store: string;
  const ends: (() => unknown)[] = [];
  after(async () => {
    for (const end of ends.reverse()) await end();
    rmSync(dir, { recursive: true, force: true });
  });

  const git = (...args: string[]) => {
    const author = ['-c', 'user.name=A Tester', '-c', 'user.email=tester@localhost.invalid'];
    return execFileSync('git', ['-C', repository, ...author, ...args], { encoding: 'utf8' }).trim();
  };
  const commit = (files: Readonly<Record<string, string>>) => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(repository, path)), { recursive: true });
      writeFileSync(join(repository, path), content);
    }
    git('add', '--all');
    git('commit', '--quiet', '--message', 'a change');
  };
  const tree = () => git('rev-parse', `HEAD:${folder}`);

  /** What a job builds from: git's tree, unpacked as the pipeline does it. */
  const unpacked = (name: string) => {
    const into = join(dir, name);
    mkdirSync(into);
    execFileSync('sh', [
      '-c',
      'git -C "$1" -c tar.umask=0022 archive "HEAD:$2" | tar -x -C "$3"',
      '-',
      repository,
      folder,
      into,
    ]);
    return into;
  };

  /** Builds and pushes as the pipeline does. @returns the digest, and how long it took in seconds */
  const built = async (context: string, arch = 'amd64') => {
    const metadata = join(dir, 'metadata.json');
    const fields = ['push-by-digest', 'name-canonical', 'push', 'oci-mediatypes', 'rewrite-timestamp'];
    const output = [`type=image,name=${host}/counter`, ...fields.map((field) => `${field}=true`)].join(',');
    const begun = Date.now();
    const based = ['BUILD', 'RUNTIME'].flatMap((name) => [
      ...['--opt', `build-arg:${name}_IMAGE=${host}/bases/${name.toLowerCase()}:here`],
    ]);
    await promisify(execFile)(
      buildkit ? 'buildctl' : standIn,
      [
        ...(buildkit ? ['--addr', buildkit] : []),
        ...[
          'build',
          '--frontend',
          'dockerfile.v0',
          '--local',
          `context=${context}`,
          '--local',
          `dockerfile=${context}`,
        ],
        ...['--opt', `platform=linux/${arch}`, '--opt', 'build-arg:SOURCE_DATE_EPOCH=0'],
        ...['--output', output, '--metadata-file', metadata],
        ...(buildkit ? ['--no-cache', ...based] : []),
      ],
      { env: { ...process.env, SLIPWAY_BASES: store, BUILDKITD_FLAGS: '--oci-worker-no-process-sandbox' } },
    );
    const said = JSON.parse(readFileSync(metadata, 'utf8')) as { 'containerimage.digest': string };
    return { digest: said['containerimage.digest'], seconds: (Date.now() - begun) / 1000 };
  };

  /** What the registry gives for a digest. */
  const pulled = (digest: string) => {
    const layout = join(dir, `pulled-${digest.slice(7, 19)}`);
    const from = `docker://${host}/counter@${digest}`;
    execFileSync('skopeo', ['copy', '--quiet', '--src-tls-verify=false', from, `oci:${layout}`]);
    const blob = (one: string) => join(layout, 'blobs', one.replace(':', '/'));
    const read = <T>(one: string) => JSON.parse(readFileSync(blob(one), 'utf8')) as T;
    const manifest = read<Manifest>(digest);
    return { manifest, config: read<Config>(manifest.config.digest), blob };
  };

  /** Of the commit and the tree that it is first built from. */
  let ids: string[];
  let first: { digest: string; seconds: number };
  let image: ReturnType<typeof pulled>;
  /** The image's file system. */
  const files = join(dir, 'files');

  before(async () => {
    const found = await bases();
    store = found.folder;
    ({ host } = await serveRegistry({ after: (end) => ends.push(end) }));
    for (const name of buildkit ? ['build', 'runtime'] : []) {
      const from = `containers-storage:[vfs@${store}+${dir}/run]localhost/slipway/${name}:here`;
      execFileSync('skopeo', [
        'copy',
        '--quiet',
        '--dest-tls-verify=false',
        from,
        `docker://${host}/bases/${name}:here`,
      ]);
    }
    execFileSync('git', ['init', '--quiet', '--initial-branch=main', repository]);
    const tracked = execFileSync('git', ['-C', root, 'ls-files', '-z', folder], { encoding: 'utf8' }).split('\0');
    commit(
      Object.fromEntries(
        tracked.filter((path) => path !== '').map((path) => [path, readFileSync(join(root, path), 'utf8')]),
      ),
    );
    ids = [git('rev-parse', 'HEAD'), tree()];
    first = await built(unpacked('first'));
    image = pulled(first.digest);
    mkdirSync(files);
    for (const { digest } of image.manifest.layers) {
      execFileSync('tar', ['-xpzf', image.blob(digest), '-C', files, '--numeric-owner']);
    }
  });

  test('one tree is one digest, in whatever folder, with whatever modes and times, with whatever lies beside', async () => {
    const other = unpacked('else where');
    writeFileSync(join(other, 'notes.txt'), 'of nobody');
    writeFileSync(join(other, '.env'), 'SECRET=1');
    for (const name of ['dist', 'node_modules', 'coverage']) mkdirSync(join(other, name));
    writeFileSync(join(other, 'dist/old.js'), 'old');
    execFileSync('chmod', ['-R', '0777', other]);
    execFileSync('find', [other, '-exec', 'touch', '-d', '2001-01-01', '{}', '+']);
    assert.equal((await built(other)).digest, first.digest);
  });

  test('a change elsewhere leaves the tree, one of a test the digest, and one of the service neither', async () => {
    const before = tree();
    commit({ 'README.md': 'another\n' });
    assert.equal(tree(), before);
    const style = join(repository, folder, 'page/style.css');
    commit({
      [`${folder}/page/style.css`]: `${readFileSync(style, 'utf8')}\nbody { color: red; }\n`,
      [`${folder}/more.test.ts`]: 'a test',
    });
    assert.notEqual(tree(), before);
    const changed = await built(unpacked('changed'));
    assert.notEqual(changed.digest, first.digest);
    const layers = pulled(changed.digest).manifest.layers;
    // What is below stays where it is, and no node pulls it again.
    assert.deepEqual(layers.toSpliced(1, 1), image.manifest.layers.toSpliced(1, 1));
  });

  test('it says which processor it is for, and none is built on a base for another', async (t) => {
    assert.equal(image.config.architecture, 'amd64');
    const other = built(join(dir, 'first'), 'arm64');
    if (buildkit) return assert.rejects(other, /InvalidBaseImagePlatform/);
    const { config, manifest } = pulled((await other).digest);
    assert.equal(config.architecture, 'arm64');
    t.diagnostic('what is named arm64 here was built for this machine');
    assert.deepEqual(manifest.layers, image.manifest.layers);
  });

  test('its own layer is what was built, root’s, from no time, and nobody else may write it', (t) => {
    const { manifest, config, blob } = image;
    const [, own, ...rest] = manifest.layers;
    assert.ok(own);
    // BuildKit makes a layer of WORKDIR, with nothing in it.
    for (const { size } of rest) assert.ok(size < 100);
    const listed = execFileSync(
      'tar',
      ['--list', '--verbose', '--numeric-owner', '--full-time', '-zf', blob(own.digest)],
      {
        encoding: 'utf8',
        env: { ...process.env, TZ: 'UTC' },
      },
    );
    const entries = listed
      .trim()
      .split('\n')
      .map((line) => {
        const [mode, owner, , day, time, ...path] = line.split(/\s+/);
        return { mode, owner, at: `${day} ${time}`, path: path.join(' ') };
      });
    assert.deepEqual(
      entries
        .map(({ path }) => path)
        .filter((path) => !path.endsWith('/'))
        .sort(),
      [
        'app/counter.cdx.json',
        'app/node_modules/swagger-ui-dist/LICENSE',
        'app/node_modules/swagger-ui-dist/package.json',
        'app/node_modules/swagger-ui-dist/swagger-ui-bundle.js',
        'app/node_modules/swagger-ui-dist/swagger-ui.css',
        'app/package.json',
        ...readdirSync(join(files, 'app/page')).map((name) => `app/page/${name}`),
        'app/server.cjs',
        'app/server.cjs.LEGAL.txt',
      ].sort(),
    );
    for (const { mode, owner, at, path } of entries) {
      const expected = path.endsWith('/') ? 'drwxr-xr-x' : '-rw-r--r--';
      assert.deepEqual({ path, mode, owner, at }, { path, mode: expected, owner: '0/0', at: '1970-01-01 00:00:00' });
    }
    assert.equal(config.created, '1970-01-01T00:00:00Z');
    for (const { created } of config.history) assert.equal(created, '1970-01-01T00:00:00Z');
    const sizes = manifest.layers.map(({ size }) => size);
    t.diagnostic(`bytes of its layers, compressed: ${sizes.join(', ')}; built in ${first.seconds.toFixed(0)} s`);
    assert.ok(own.size < 1_200_000, `${own.size} bytes`);
  });

  test('nothing of the commit, the branch, the machine or its user stands in it', () => {
    const own = image.manifest.layers[1]?.digest ?? '';
    const all = [
      JSON.stringify(image.config),
      JSON.stringify(image.manifest),
      execFileSync('zcat', ['-f'], { input: readFileSync(image.blob(own)), maxBuffer: 1 << 28 }).toString('latin1'),
    ];
    // A name as short as `vm` or `root` stands in any program.
    const names = [hostname(), userInfo().username].filter((name) => name.length > 6);
    const words = [...ids, ...names, dir, root, store, 'A Tester', 'localhost.invalid'];
    for (const word of words) for (const text of all) assert.ok(!text.includes(word), word);
    assert.equal(image.config.config.Labels, undefined);
  });

  test('its user is a number that is not root’s, and no file in it makes anybody another', () => {
    assert.match(image.config.config.User, /^[1-9]\d*:[1-9]\d*$/);
    const found = execFileSync('find', [files, '-perm', '/6000', '-type', 'f'], { encoding: 'utf8' });
    assert.equal(found, '');
  });

  test('npm’s bill of the service knows every package that the image says is in it', () => {
    const said = JSON.parse(readFileSync(join(files, 'app/counter.cdx.json'), 'utf8')) as Bill;
    const { stdout } = spawnSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
      cwd: join(dir, 'first'),
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    const known = new Set((JSON.parse(stdout) as Bill).components.map(({ purl }) => purl));
    assert.ok(said.components.length > 50);
    assert.deepEqual(
      said.components.map(({ purl }) => purl).filter((purl) => !known.has(purl)),
      [],
    );
  });

  test('its file system runs: read-only, as its user, without a right, beside a real Redis it answers', async () => {
    const { Entrypoint, Cmd, Env, WorkingDir, User } = image.config.config;
    const [uid = '', gid = ''] = User.split(':');
    const redisPort = await freePort();
    const redis = spawn('redis-server', ['--port', `${redisPort}`, '--bind', '127.0.0.1', '--save', ''], {
      stdio: 'ignore',
    });
    ends.push(() => redis.kill('SIGKILL'));
    // A mount namespace of its own, which ends with the process, so that nothing stays mounted.
    const inside = [
      'mount --make-rprivate / && mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"',
      'mount -t proc proc "$1/proc" && mount --bind /dev "$1/dev"',
      'root=$1 && shift && exec setpriv --clear-groups --no-new-privs --bounding-set=-all,+setuid,+setgid,+sys_chroot unshare --root "$root" "$@"',
    ].join(' && ');
    const port = await freePort();
    const child = spawn(
      'unshare',
      [
        ...['--mount', 'sh', '-c', inside, '-', files, '--wd', WorkingDir, '--setgid', gid, '--setuid', uid],
        ...[...Entrypoint, ...Cmd],
      ],
      {
        env: {
          ...Object.fromEntries(Env.map((one) => one.split(/=(.*)/s).slice(0, 2) as [string, string])),
          ...{
            PATH: process.env.PATH,
            HOST: '127.0.0.1',
            PORT: `${port}`,
            REDIS_URL: `redis://127.0.0.1:${redisPort}`,
          },
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    ends.push(() => child.kill('SIGKILL'));
    const ended = once(child, 'exit');
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
    const ask = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { accept: 'application/json' } });
      return { status: answer.status, body: await answer.text() };
    };
    for (let left = 200; ; left--) {
      const ready = await ask('/readyz').catch(() => undefined);
      if (ready?.status === 200) break;
      assert.ok(left > 0 && child.exitCode === null, `it is not ready: ${ready?.body}\n${said}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal(JSON.parse((await ask('/')).body).hits, 1);
    assert.equal(JSON.parse((await ask('/')).body).hits, 2);
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    assert.match(status, new RegExp(`^Uid:\\s+${uid}\\s+${uid}\\s+${uid}\\s+${uid}$`, 'm'));
    assert.match(status, /^Groups:\s*$/m);
    assert.match(status, /^CapEff:\s+0+$/m);
    assert.match(status, /^NoNewPrivs:\s+1$/m);
    const mounts = readFileSync(`/proc/${child.pid}/mountinfo`, 'utf8')
      .split('\n')
      .map((line) => line.split(' '));
    const [, , , , , options = ''] = mounts.find(([, , , , at]) => at === '/') ?? [];
    assert.match(options, /^ro(,|$)/);
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null], said);
  });
});

interface Described {
  readonly digest: string;
  readonly size: number;
}

interface Manifest {
  readonly config: Described;
  readonly layers: readonly Described[];
}

interface Config {
  readonly architecture: string;
  readonly created: string;
  readonly config: {
    readonly User: string;
    readonly Entrypoint: readonly string[];
    readonly Cmd: readonly string[];
    readonly Env: readonly string[];
    readonly WorkingDir: string;
    readonly Labels?: object;
  };
  readonly history: readonly { readonly created: string }[];
}

interface Bill {
  readonly components: readonly { readonly purl: string }[];
}

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Refusal } from '../model/refusal.ts';
import { signerOf } from '../model/signer.ts';
import { type Cosign, cosign } from './cosign.ts';
import { noRegistry, pushImage, pushManifest, type ServedRegistry, serveRegistry } from './registry.fixture.ts';

const standIns = join(import.meta.dirname, '..', 'ci', 'stand-ins');
const password = 'a password of tests';
const tree = 'a'.repeat(40);

/** Two keys, and each kind of cosign with the first of them. */
interface Keys {
  readonly own: string;
  readonly other: string;
}

/** A key as the stand-in reads it, and as the real one does where it is there. */
async function makeKeys(
  dir: string,
  real: string | undefined,
  name: string,
): Promise<{ plain: string; sealed: string }> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const plain = join(dir, `${name}.key`);
  await writeFile(plain, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await writeFile(join(dir, `${name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }));
  const sealed = join(dir, `${name}-sealed.key`);
  if (real) {
    const args = ['import-key-pair', '--key', plain, '--output-key-prefix', join(dir, `${name}-sealed`)];
    execFileSync(real, args, { env: { ...process.env, COSIGN_PASSWORD: password }, stdio: 'ignore' });
  }
  return { plain, sealed };
}

const real = process.env.SLIPWAY_COSIGN;
const suites = [
  { name: 'the stand-in for cosign', program: undefined },
  { name: 'the real cosign', program: real },
];

for (const { name, program } of suites) {
  const skip = noRegistry || (name === 'the real cosign' && !program ? 'SLIPWAY_COSIGN names no cosign' : false);
  suite(name, { skip }, () => {
    const ends: (() => unknown)[] = [];
    let served: ServedRegistry;
    let repository: string;
    let ours: Cosign;
    let others: Cosign;
    /** The other kind of cosign, with our key. */
    let counterpart: Cosign | undefined;

    before(async () => {
      const dir = await mkdtemp(join(tmpdir(), 'slipway-cosign-'));
      ends.push(() => rm(dir, { recursive: true, force: true }));
      served = await serveRegistry({ after: (end) => void ends.push(end) });
      repository = `${served.host}/group/counter`;
      const own = await makeKeys(dir, real, 'own');
      const other = await makeKeys(dir, real, 'other');
      const bin = real ? await mkdtemp(join(dir, 'bin-')) : undefined;
      if (bin && real) await symlink(real, join(bin, 'cosign'));
      const with_ = (folder: string, key: string) =>
        cosign({
          signer: signerOf({ signingKey: key, branch: 'main' }),
          env: {
            ...process.env,
            PATH: [folder, process.env.PATH].join(delimiter),
            COSIGN_PASSWORD: folder === standIns ? '' : password,
          },
          first: 10,
        });
      const isReal = program !== undefined && bin !== undefined;
      const keys: Keys = isReal ? { own: own.sealed, other: other.sealed } : { own: own.plain, other: other.plain };
      const folder = isReal ? bin : standIns;
      ours = with_(folder, keys.own);
      others = with_(folder, keys.other);
      counterpart = bin === undefined ? undefined : isReal ? with_(standIns, own.plain) : with_(bin, own.sealed);
    });
    after(async () => {
      for (const end of ends.reverse()) await end();
    });

    test('what is signed is believed, for the tree that it was signed for and no other', async () => {
      const image = { repository, digest: await pushImage(repository, { content: 'signed' }) };
      assert.match((await ours.doubt(image, { tree })) ?? '', /no signatures/);
      await ours.sign(image, { tree, version: '1.0.1' });
      assert.equal(await ours.doubt(image, { tree }), undefined);
      assert.equal(await ours.doubt(image, { tree, version: '1.0.1' }), undefined);
      assert.match((await ours.doubt(image, { tree: 'b'.repeat(40) })) ?? '', /annotation/);
      assert.match((await ours.doubt(image, { tree, version: '1.0.2' })) ?? '', /annotation/);
    });

    test('one image may be the content of two trees, and is believed for each', async () => {
      const image = { repository, digest: await pushImage(repository, { content: 'of two trees' }) };
      await ours.sign(image, { tree, version: '1.0.1' });
      await ours.sign(image, { tree: 'c'.repeat(40), version: '1.0.2' });
      assert.equal(await ours.doubt(image, { tree, version: '1.0.1' }), undefined);
      assert.equal(await ours.doubt(image, { tree: 'c'.repeat(40), version: '1.0.2' }), undefined);
      assert.notEqual(await ours.doubt(image, { tree, version: '1.0.2' }), undefined);
    });

    test('a signature by another key is not believed', async () => {
      const image = { repository, digest: await pushImage(repository, { content: 'by another' }) };
      await others.sign(image, { tree });
      assert.match((await ours.doubt(image, { tree })) ?? '', /invalid signature|no matching signatures/);
    });

    test('a signature that was put beside another image is not believed', async () => {
      const signed = await pushImage(repository, { content: 'the signed one' });
      const other = await pushImage(repository, { content: 'the other one' });
      await ours.sign({ repository, digest: signed }, { tree });
      const signature = await fetch(
        `http://${served.host}/v2/group/counter/manifests/${signed.replace(':', '-')}.sig`,
        { headers: { accept: 'application/vnd.oci.image.manifest.v1+json' } },
      );
      await pushManifest(repository, (await signature.json()) as object, `${other.replace(':', '-')}.sig`);
      assert.match((await ours.doubt({ repository, digest: other }, { tree })) ?? '', /digest|no matching/);
    });

    test('an SBOM is stated, believed of that image alone, and stated again without growing', async () => {
      const dir = await mkdtemp(join(tmpdir(), 'slipway-sbom-'));
      ends.push(() => rm(dir, { recursive: true, force: true }));
      const file = join(dir, 'sbom.json');
      await writeFile(file, JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, components: [] }));
      const image = { repository, digest: await pushImage(repository, { content: 'with an SBOM' }) };
      assert.notEqual(await ours.attestationDoubt(image), undefined);
      await ours.attest(image, file);
      await ours.attest(image, file);
      assert.equal(await ours.attestationDoubt(image), undefined);
      assert.notEqual(await others.attestationDoubt(image), undefined);
      if (counterpart) assert.equal(await counterpart.attestationDoubt(image), undefined);
    });

    test('a copy is signed where it is, and copying again copies what is new', async () => {
      const image = { repository, digest: await pushImage(repository, { content: 'to be copied' }) };
      await ours.sign(image, { tree });
      const to = `${served.host}/elsewhere/counter`;
      await ours.copy(image, `${to}:${tree}`);
      await ours.copy(image, `${to}:${tree}`);
      assert.equal(await ours.doubt({ ...image, repository: to }, { tree }), undefined);
      await ours.sign(image, { tree: 'd'.repeat(40) });
      await ours.copy(image, `${to}:${'d'.repeat(40)}`);
      assert.equal(await ours.doubt({ ...image, repository: to }, { tree: 'd'.repeat(40) }), undefined);
    });

    test('a registry that is down is no doubt, but a refusal', async () => {
      const image = { repository, digest: await pushImage(repository, { content: 'down' }) };
      await ours.sign(image, { tree });
      await served.stop();
      try {
        await assert.rejects(
          ours.doubt(image, { tree }),
          (error) => error instanceof Refusal && /cannot be verified now/.test(error.message),
        );
        await assert.rejects(ours.sign(image, { tree: 'e'.repeat(40) }), /^Refusal: Signing .* failed/);
      } finally {
        await served.start();
      }
    });

    test('what one kind of cosign signs the other believes', {
      skip: !real && 'SLIPWAY_COSIGN names no cosign',
    }, async () => {
      const image = { repository, digest: await pushImage(repository, { content: 'for both' }) };
      await ours.sign(image, { tree, version: '1.0.1' });
      assert.equal(await counterpart?.doubt(image, { tree, version: '1.0.1' }), undefined);
      assert.match((await counterpart?.doubt(image, { tree: 'f'.repeat(40) })) ?? '', /annotation/);
    });
  });
}

test('the stand-in refuses what it does not know', () => {
  const said = (...args: string[]) => {
    try {
      execFileSync(join(standIns, 'cosign'), args, { stdio: 'pipe' });
      return '';
    } catch (error) {
      return String((error as { stderr: Buffer }).stderr);
    }
  };
  const image = `127.0.0.1:1/a@sha256:${'0'.repeat(64)}`;
  assert.match(said('sign', '--recursive=true', '--key=x', image), /unknown flag: --recursive/);
  assert.match(said('sign', '--tlog-upload=true', '--key=x', image), /--tlog-upload=false alone/);
  assert.match(said('verify', '--key=x', '127.0.0.1:1/a:latest'), /by its digest/);
  assert.match(said('login'), /unknown command/);
});

test('the stand-in is a program that may be run', async () => {
  assert.match(await readFile(join(standIns, 'cosign'), 'utf8'), /^#!\/bin\/sh/);
});

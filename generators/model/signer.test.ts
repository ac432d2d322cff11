import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  attestArguments,
  copyArguments,
  isEcr,
  says,
  signArguments,
  signerOf,
  verifyArguments,
  verifyAttestationArguments,
} from './signer.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const image = { repository: 'registry.gitlab.com/example/slipway/counter', digest };
const gitLab = { origin: 'https://gitlab.com', project: 'example/slipway' };
const reference = `${image.repository}@${digest}`;

test('whoever has a key signs with it, and no public log hears of it', () => {
  const signer = signerOf({ signingKey: 'awskms:///alias/slipway', gitLab, branch: 'main' });
  assert.deepEqual(signArguments(signer, image, { tree: 't', version: '1.0.1' }), [
    'sign',
    '--yes',
    '--key=awskms:///alias/slipway',
    '--tlog-upload=false',
    '--annotations=tree=t',
    '--annotations=version=1.0.1',
    reference,
  ]);
  assert.deepEqual(verifyArguments(signer, image, { tree: 't' }), [
    'verify',
    '--key=awskms:///alias/slipway',
    '--private-infrastructure=true',
    '--annotations=tree=t',
    '--output=json',
    reference,
  ]);
});

test('without a key only the pipeline of main in this very project is believed, and by the public log', () => {
  const signer = signerOf({ gitLab, branch: 'main' });
  assert.deepEqual(signArguments(signer, image, { tree: 't' }), ['sign', '--yes', '--annotations=tree=t', reference]);
  assert.deepEqual(verifyArguments(signer, image, { tree: 't' }), [
    'verify',
    '--certificate-identity=https://gitlab.com/example/slipway//.gitlab-ci.yml@refs/heads/main',
    '--certificate-oidc-issuer=https://gitlab.com',
    '--annotations=tree=t',
    '--output=json',
    reference,
  ]);
  assert.ok(!verifyAttestationArguments(signer, image).some((word) => word.includes('private-infrastructure')));
  assert.ok(!attestArguments(signer, image, 'sbom.json').some((word) => word.includes('tlog')));
});

test('on GitHub only the workflow of main in this very repository is believed', () => {
  assert.deepEqual(verifyArguments(signerOf({ gitHub: 'example/slipway', branch: 'main' }), image, { tree: 't' }), [
    'verify',
    '--certificate-identity=https://github.com/example/slipway/.github/workflows/slipway.yml@refs/heads/main',
    '--certificate-oidc-issuer=https://token.actions.githubusercontent.com',
    '--annotations=tree=t',
    '--output=json',
    reference,
  ]);
  assert.throws(() => signerOf({ gitHub: 'example', branch: 'main' }), /must be owner\/name/);
  assert.throws(() => signerOf({ branch: 'main' }), /Nothing says who signs images/);
});

test('the public half of a key is enough to look', () => {
  const of = (signingKey?: string, verificationKey?: string) =>
    signerOf({ signingKey, verificationKey, gitLab, branch: 'main' });
  assert.deepEqual(of('keys/cosign.key'), { by: 'key', sign: 'keys/cosign.key', verify: 'keys/cosign.pub' });
  assert.deepEqual(of('awskms:///alias/a', 'cosign.pub'), {
    by: 'key',
    sign: 'awskms:///alias/a',
    verify: 'cosign.pub',
  });
  assert.equal(of(undefined, 'cosign.pub').by, 'key');
});

test('what is no key is refused, and so is nobody', () => {
  for (const signingKey of ['--key', 'a b', 'http://example.com/cosign.pub', 'https://example.com/cosign.pub', ' ']) {
    assert.throws(() => signerOf({ signingKey, branch: 'main' }), /SLIPWAY_SIGNING_KEY is .* no key reference/);
  }
  assert.throws(() => signerOf({ branch: 'main' }), /Nothing says who signs images/);
});

test("Amazon's registry is asked by the role of the job", () => {
  const ecr = '000000000000.dkr.ecr.eu-central-1.amazonaws.com/counter';
  assert.deepEqual(copyArguments(image, `${ecr}:t`, false), ['copy', '--k8s-keychain=true', reference, `${ecr}:t`]);
  assert.deepEqual(copyArguments(image, 'registry.example.com/counter:t', true), [
    ...['copy', '--force=true', reference],
    'registry.example.com/counter:t',
  ]);
  const table: readonly (readonly [string, boolean])[] = [
    [ecr, true],
    ['000000000000.dkr.ecr-fips.us-east-1.amazonaws.com/a/b', true],
    ['000000000000.dkr.ecr.cn-north-1.amazonaws.com.cn/a', true],
    ['registry.gitlab.com/000000000000.dkr.ecr.eu-central-1.amazonaws.com/a', false],
    ['000000000000.dkr.ecr.eu-central-1.amazonaws.com.example.com/a', false],
  ];
  for (const [repository, expected] of table) assert.equal(isEcr(repository), expected, repository);
});

test('only what cosign says of this digest, in one signature, is believed', () => {
  const payload = (of: string, optional: object | null, type = 'cosign container image signature') => ({
    critical: { identity: { 'docker-reference': 'r' }, image: { 'docker-manifest-digest': of }, type },
    optional,
  });
  const printed = (...payloads: unknown[]) => `\n${JSON.stringify(payloads)}\n`;
  const other = `sha256:${'b'.repeat(64)}`;
  const table: readonly (readonly [string, string, boolean])[] = [
    ['this digest, this tree', printed(payload(digest, { tree: 't' })), true],
    ['beside another signature', printed(payload(digest, { tree: 'u' }), payload(digest, { tree: 't' })), true],
    ['another digest', printed(payload(other, { tree: 't' })), false],
    ['another tree', printed(payload(digest, { tree: 'u' })), false],
    ['no annotation', printed(payload(digest, null)), false],
    ['another kind of statement', printed(payload(digest, { tree: 't' }, 'atomic')), false],
    ['two halves', printed(payload(digest, { tree: 'u' }), payload(other, { tree: 't' })), false],
    ['nothing', printed(), false],
    ['null', printed(null), false],
    ['no list', JSON.stringify(payload(digest, { tree: 't' })), false],
    ['no JSON', 'Verified OK', false],
  ];
  for (const [what, text, expected] of table) assert.equal(says(text, digest, { tree: 't' }), expected, what);
});

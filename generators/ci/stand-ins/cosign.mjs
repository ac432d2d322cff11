// What Slipway asks of cosign 2.6, with node:crypto, against a real registry on loopback. What it signs the real one
// verifies, and the other way round (generators/live/cosign.test.ts). It signs with keys alone, and refuses every
// argument that it does not know, as cosign does.
// https://github.com/sigstore/cosign/blob/v2.6.1/specs/SIGNATURE_SPEC.md
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const types = {
  index: ['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json'],
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  docker: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.oci.image.config.v1+json',
  signature: 'application/vnd.dev.cosign.simplesigning.v1+json',
  envelope: 'application/vnd.dsse.envelope.v1+json',
  statement: 'application/vnd.in-toto+json',
};
const annotation = 'dev.cosignproject.cosign/signature';
const cyclonedx = 'https://cyclonedx.org/bom';

/** The options of each command; `true` for one without a value. */
const options = {
  sign: { yes: true, key: '', 'tlog-upload': 'false', annotations: [] },
  verify: { key: '', 'private-infrastructure': 'true', annotations: [], output: 'json' },
  attest: { yes: true, key: '', 'tlog-upload': 'false', type: 'cyclonedx', predicate: '', replace: 'true' },
  'verify-attestation': { key: '', 'private-infrastructure': 'true', type: 'cyclonedx' },
  copy: { force: 'true', 'k8s-keychain': 'true' },
};

class Failure extends Error {
  /** @param {string} message @param {number} [status] */
  constructor(message, status = 1) {
    super(message);
    this.status = status;
  }
}

async function run(name, args) {
  const known = options[name];
  if (!known) throw new Failure(`unknown command ${JSON.stringify(name)} for "cosign"`);
  const given = { annotations: [] };
  const rest = [];
  for (const arg of args) {
    const [, option, value] = /^--([\w-]+)(?:=(.*))?$/s.exec(arg) ?? [];
    if (option === undefined) {
      if (arg.startsWith('-')) throw new Failure(`unknown shorthand flag: ${arg}`);
      rest.push(arg);
    } else if (!(option in known)) throw new Failure(`unknown flag: --${option}`);
    else if (Array.isArray(known[option])) given.annotations.push(value ?? '');
    else if (known[option] !== true && known[option] !== '' && known[option] !== value)
      throw new Failure(`the stand-in knows --${option}=${known[option]} alone, not ${value}`);
    else given[option] = value ?? true;
  }
  if (name === 'copy') return copy(given, rest);
  const [reference = '', ...more] = rest;
  if (more.length > 0 || !/@sha256:[0-9a-f]{64}$/.test(reference))
    throw new Failure(`the stand-in wants one image by its digest, not ${JSON.stringify(rest.join(' '))}`);
  const [repository, digest] = reference.split('@');
  if (!given.key) throw new Failure('the stand-in signs and verifies with --key alone, not without');
  if (name === 'sign') return signImage(given, repository, digest);
  if (name === 'verify') return verifyImage(given, repository, digest);
  if (name === 'attest') return attest(given, repository, digest);
  return verifyAttestation(given, repository, digest);
}

// ---- keys

/** A key file in PEM (PKCS#8; COSIGN_PASSWORD opens one that is encrypted), or what stands in for a key of AWS. */
function keyText(reference) {
  const kms = /^awskms:\/\/\/alias\/([\w-]+)$/.exec(reference)?.[1];
  if (kms === undefined) return readFileSync(reference, 'utf8');
  assumeRole('a key of AWS');
  return readFileSync(join(process.env.SLIPWAY_STAND_IN_KMS ?? '', `${kms}.key`), 'utf8');
}

function assumeRole(what) {
  const { AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE } = process.env;
  if (!AWS_ROLE_ARN || !AWS_WEB_IDENTITY_TOKEN_FILE || !existsSync(AWS_WEB_IDENTITY_TOKEN_FILE))
    throw new Failure(
      `${what} needs AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE: failed to refresh cached credentials`,
    );
}

const signingKey = (reference) =>
  createPrivateKey({ key: keyText(reference), passphrase: process.env.COSIGN_PASSWORD || undefined });

function verificationKey(reference) {
  const text = keyText(reference);
  return text.includes('PRIVATE KEY') ? createPublicKey(signingKey(reference)) : createPublicKey(text);
}

function annotationsOf(given) {
  return Object.fromEntries(
    given.annotations.map((pair) => {
      const [name, value, ...more] = pair.split('=');
      if (!name || value === undefined || more.length > 0) throw new Failure(`unable to parse annotation: ${pair}`);
      return [name, value];
    }),
  );
}

// ---- signatures

async function signImage(given, repository, digest) {
  const optional = annotationsOf(given);
  const payload = JSON.stringify({
    critical: {
      identity: { 'docker-reference': repository },
      image: { 'docker-manifest-digest': digest },
      type: 'cosign container image signature',
    },
    optional: Object.keys(optional).length > 0 ? optional : null,
  });
  const key = signingKey(given.key);
  const layers = await layersOf(repository, tagOf(digest, 'sig'));
  const same = layers.find(
    (layer) =>
      layer.digest === digestOf(payload) && isSigned(createPublicKey(key), payload, layer.annotations?.[annotation]),
  );
  if (same) return;
  const signature = sign('sha256', Buffer.from(payload), key).toString('base64');
  const layer = { ...(await pushBlob(repository, payload, types.signature)), annotations: { [annotation]: signature } };
  await attach(repository, tagOf(digest, 'sig'), [...layers, layer]);
  console.error(`Pushing signature to: ${repository}`);
}

const isSigned = (key, payload, signature) =>
  typeof signature === 'string' && verify('sha256', Buffer.from(payload), key, Buffer.from(signature, 'base64'));

async function verifyImage(given, repository, digest) {
  const wanted = Object.entries(annotationsOf(given));
  const key = verificationKey(given.key);
  const layers = await layersOf(repository, tagOf(digest, 'sig'));
  if (layers.length === 0) throw new Failure('no signatures found', 10);
  const found = [];
  let why = 'invalid signature when validating ASN.1 encoded signature';
  for (const layer of layers) {
    const payload = await blob(repository, layer.digest);
    if (!isSigned(key, payload, layer.annotations?.[annotation])) continue;
    const said = JSON.parse(String(payload));
    if (said.critical.image['docker-manifest-digest'] !== digest) why = 'invalid or missing digest in claim';
    else if (!wanted.every(([name, value]) => said.optional?.[name] === value)) why = 'missing or incorrect annotation';
    else found.push(said);
  }
  if (found.length === 0) throw new Failure(`no matching signatures: ${why}`, 12);
  console.log(`\n${JSON.stringify(found)}`);
}

// ---- attestations: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md

const toSign = (payload) =>
  Buffer.from(
    `DSSEv1 ${types.statement.length} ${types.statement} ${payload.length} ${payload.toString('latin1')}`,
    'latin1',
  );

async function attest(given, repository, digest) {
  if (!given.predicate) throw new Failure('one of predicate or statement must be given');
  const predicate = JSON.parse(readFileSync(given.predicate, 'utf8'));
  const payload = Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v0.1',
      predicateType: cyclonedx,
      subject: [{ name: repository, digest: { sha256: digest.slice('sha256:'.length) } }],
      predicate,
    }),
  );
  const signature = sign('sha256', toSign(payload), signingKey(given.key)).toString('base64');
  const envelope = JSON.stringify({
    payloadType: types.statement,
    payload: payload.toString('base64'),
    signatures: [{ keyid: '', sig: signature }],
  });
  const layer = {
    ...(await pushBlob(repository, envelope, types.envelope)),
    annotations: { [annotation]: '', predicateType: cyclonedx },
  };
  const others = (await layersOf(repository, tagOf(digest, 'att'))).filter(
    (one) => one.annotations?.predicateType !== cyclonedx,
  );
  await attach(repository, tagOf(digest, 'att'), [layer, ...others]);
}

async function verifyAttestation(given, repository, digest) {
  const key = verificationKey(given.key);
  const layers = await layersOf(repository, tagOf(digest, 'att'));
  if (layers.length === 0) throw new Failure('no attestations found');
  const found = [];
  for (const layer of layers) {
    const text = String(await blob(repository, layer.digest));
    const { payload, signatures } = JSON.parse(text);
    const bytes = Buffer.from(payload, 'base64');
    const statement = JSON.parse(String(bytes));
    const ours =
      signatures.some(({ sig }) => verify('sha256', toSign(bytes), key, Buffer.from(sig, 'base64'))) &&
      statement.predicateType === cyclonedx &&
      statement.subject.some((subject) => `sha256:${subject.digest.sha256}` === digest);
    if (ours) found.push(text);
  }
  if (found.length === 0) throw new Failure('no matching attestations: invalid signature or another type');
  for (const text of found) console.log(text);
}

// ---- copy

async function copy(given, rest) {
  const [source = '', target = '', ...more] = rest;
  const [repository, digest] = source.split('@');
  const [, to, tag] = /^(.+\/[^:]+):([\w.-]+)$/.exec(target) ?? [];
  if (more.length > 0 || !digest || !to) throw new Failure('the stand-in copies REPOSITORY@DIGEST to REPOSITORY:TAG');
  if (/\.dkr\.ecr\./.test(to)) {
    if (!given['k8s-keychain']) throw new Failure('GET ECR: unexpected status code 401 Unauthorized: no login for ECR');
    assumeRole('ECR');
  }
  const all = await walk(repository, digest);
  for (const one of all) {
    const manifest = await get(repository, one);
    await copyTag(repository, one, to, one.replace(':', '-'), given.force);
    for (const kind of ['sig', 'att', 'sbom']) {
      if (await get(repository, tagOf(one, kind)))
        await copyTag(repository, tagOf(one, kind), to, tagOf(one, kind), given.force);
    }
    if (!manifest) throw new Failure(`MANIFEST_UNKNOWN: ${one}`);
  }
  await copyTag(repository, digest, to, tag, given.force);
}

/** An image and, before it, those of its platforms. */
async function walk(repository, digest) {
  const manifest = await get(repository, digest);
  if (!manifest) throw new Failure(`MANIFEST_UNKNOWN: manifest unknown to ${repository}@${digest}`);
  return [...(manifest.json.manifests ?? []).map((child) => child.digest), digest];
}

async function copyTag(repository, reference, to, tag, force) {
  const source = await get(repository, reference);
  const there = await get(to, tag);
  if (there && there.digest === source.digest) return;
  if (there && !force) throw new Failure(`image "${to}:${tag}" already exists. Use \`-f\` to overwrite`);
  for (const { digest } of [source.json.config, ...(source.json.layers ?? [])].filter(Boolean)) {
    const { origin, name } = place(to);
    const has = await fetch(`${origin}/v2/${name}/blobs/${digest}`, { method: 'HEAD' });
    if (!has.ok) await pushBlob(to, await blob(repository, digest));
  }
  await put(to, tag, source.text, source.type);
}

// ---- the registry

const digestOf = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const tagOf = (digest, kind) => `${digest.replace(':', '-')}.${kind}`;

/** Loopback alone; SLIPWAY_STAND_IN_ECR (`127.0.0.1:5001`) stands in for Amazon's. */
function place(repository) {
  const slash = repository.indexOf('/');
  const host = repository.slice(0, slash);
  const ecr = /\.dkr\.ecr\./.test(host) ? process.env.SLIPWAY_STAND_IN_ECR : undefined;
  const server = ecr ?? host;
  if (!/^(localhost|127(\.\d+){3})(:\d+)?$/.test(server))
    throw new Failure(`the stand-in speaks to loopback alone, not to ${host}: dial tcp: no such host`);
  return { origin: `http://${server}`, name: repository.slice(slash + 1) };
}

async function call(url, init) {
  let response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    throw new Failure(`Get ${JSON.stringify(String(url))}: dial tcp: connection refused (${error.message})`);
  }
  if (response.status >= 500) throw new Failure(`${url}: unexpected status code ${response.status}`);
  return response;
}

async function get(repository, reference) {
  const { origin, name } = place(repository);
  const accept = [types.manifest, types.docker, ...types.index].join(', ');
  const response = await call(`${origin}/v2/${name}/manifests/${reference}`, { headers: { accept } });
  const text = await response.text();
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Failure(`${repository}: unexpected status code ${response.status}`);
  return { text, json: JSON.parse(text), digest: digestOf(text), type: response.headers.get('content-type') };
}

const layersOf = async (repository, tag) => (await get(repository, tag))?.json.layers ?? [];

async function blob(repository, digest) {
  const { origin, name } = place(repository);
  const response = await call(`${origin}/v2/${name}/blobs/${digest}`);
  const bytes = Buffer.from(await response.arrayBuffer());
  if (!response.ok || digestOf(bytes) !== digest) throw new Failure(`${repository}: no blob ${digest}`);
  return bytes;
}

async function pushBlob(repository, bytes, mediaType) {
  const { origin, name } = place(repository);
  const digest = digestOf(bytes);
  const begun = await call(`${origin}/v2/${name}/blobs/uploads/`, { method: 'POST' });
  const to = new URL(begun.headers.get('location') ?? '', origin);
  to.searchParams.set('digest', digest);
  const { ok, status } = await call(to, { method: 'PUT', body: bytes });
  if (!ok) throw new Failure(`${repository}: unexpected status code ${status} to a blob`);
  return { mediaType, size: Buffer.byteLength(bytes), digest };
}

async function attach(repository, tag, layers) {
  const image = {
    architecture: '',
    created: '0001-01-01T00:00:00Z',
    history: layers.map(() => ({ created: '0001-01-01T00:00:00Z' })),
    os: '',
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    config: {},
  };
  const config = await pushBlob(repository, JSON.stringify(image), types.config);
  const manifest = { schemaVersion: 2, mediaType: types.manifest, config, layers };
  await put(repository, tag, JSON.stringify(manifest), types.manifest);
}

async function put(repository, tag, body, type) {
  const { origin, name } = place(repository);
  const url = `${origin}/v2/${name}/manifests/${tag}`;
  const { ok, status } = await call(url, { method: 'PUT', body, headers: { 'content-type': type } });
  if (!ok) throw new Failure(`${repository}:${tag}: unexpected status code ${status}`);
}

const [command = '', ...words] = process.argv.slice(2);
try {
  await run(command, words);
} catch (error) {
  console.error(`Error: ${error.message}\nerror during command execution: ${error.message}`);
  process.exitCode = error instanceof Failure ? error.status : 1;
}

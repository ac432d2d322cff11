import type { GitLab } from './git-lab.ts';
import { Misuse } from './refusal.ts';

/** Who signs images, and whose signature is believed: one key, or one pipeline file on one branch (keyless). */
export type Signer =
  | {
      readonly by: 'key';
      /** A key reference of cosign: `awskms:///alias/slipway`, or a file. */
      readonly sign: string;
      /** The same, or the file of the public key. */
      readonly verify: string;
    }
  | {
      readonly by: 'keyless';
      /** `https://gitlab.com`. */
      readonly issuer: string;
      /** `https://gitlab.com/example/slipway//.gitlab-ci.yml@refs/heads/main`. */
      readonly identity: string;
    };

export interface SignerSettings {
  /** @default keyless */
  readonly signingKey?: string | undefined;
  /** @default what belongs to the signing key: `cosign.pub` beside `cosign.key`, else the reference itself */
  readonly verificationKey?: string | undefined;
  /** Whose pipeline signs; keyless needs it, or the next. */
  readonly gitLab?: GitLab | undefined;
  /** `owner/name` on github.com, where the workflow of that repository signs. */
  readonly gitHub?: string | undefined;
  /** The branch whose pipeline signs. */
  readonly branch: string;
}

/** An image by its content, which alone is signed. */
export interface SignedImage {
  readonly repository: string;
  readonly digest: string;
}

/** What a signature says beside the digest: `{ tree, version }`. */
export type Annotations = Readonly<Record<string, string>>;

/**
 * @throws {Misuse} where a key is none, or nothing says whose pipeline signs
 */
export function signerOf({ signingKey, verificationKey, gitLab, gitHub, branch }: SignerSettings): Signer {
  if (signingKey) {
    checkKey('SLIPWAY_SIGNING_KEY', signingKey);
    const isFile = !signingKey.includes('://');
    const verify = verificationKey || (isFile ? signingKey.replace(/\.key$/, '.pub') : signingKey);
    checkKey('SLIPWAY_VERIFICATION_KEY', verify);
    return { by: 'key', sign: signingKey, verify };
  }
  if (verificationKey) {
    checkKey('SLIPWAY_VERIFICATION_KEY', verificationKey);
    // A job that only looks needs no right to sign: whatever it would sign with is refused.
    return { by: 'key', sign: verificationKey, verify: verificationKey };
  }
  if (gitLab) {
    const { origin, project } = gitLab;
    return { by: 'keyless', issuer: origin, identity: `${origin}/${project}//.gitlab-ci.yml@refs/heads/${branch}` };
  }
  if (gitHub) {
    if (!/^[\w.-]+\/[\w.-]+$/.test(gitHub))
      throw new Misuse(`GITHUB_REPOSITORY is ${JSON.stringify(gitHub)}, and must be owner/name.`);
    // https://docs.github.com/en/actions/reference/security/oidc: one issuer for all, and the file that ran as the subject.
    return {
      by: 'keyless',
      issuer: 'https://token.actions.githubusercontent.com',
      identity: `https://github.com/${gitHub}/.github/workflows/slipway.yml@refs/heads/${branch}`,
    };
  }
  throw new Misuse(
    'Nothing says who signs images: set SLIPWAY_SIGNING_KEY to a key reference of cosign (awskms:///alias/slipway, or a file), or run in GitLab CI, whose CI_SERVER_URL and CI_PROJECT_PATH name the pipeline that signs without a key, or in GitHub Actions.',
  );
}

/** A key that is fetched by plain HTTP, or read as an option, is no key. */
function checkKey(variable: string, key: string): void {
  if (/^[^\s-]\S*$/.test(key) && !/^https?:/i.test(key)) return;
  throw new Misuse(
    `${variable} is ${JSON.stringify(key)}, which is no key reference: write awskms:///alias/slipway, or the path of a file.`,
  );
}

/**
 * Signs an image by its digest. With a key nothing is written to the public transparency log: it would tell everybody
 * the names and the pace of a private registry. Keyless signatures are worth nothing without it.
 * https://docs.sigstore.dev/cosign/signing/signing_with_containers/
 */
export const signArguments = (signer: Signer, image: SignedImage, annotations: Annotations): string[] => [
  ...['sign', '--yes', ...signingKeyOf(signer), ...annotated(annotations)],
  ...[...keychain(image.repository), referenceOf(image)],
];

/** Proves that an image has one signature of the signer that says all of this. The answer is JSON. */
export const verifyArguments = (signer: Signer, image: SignedImage, annotations: Annotations): string[] => [
  ...['verify', ...believed(signer), ...annotated(annotations), '--output=json'],
  ...[...keychain(image.repository), referenceOf(image)],
];

/** Signs a statement about an image: its SBOM, in CycloneDX. What an earlier run stated is replaced. */
export const attestArguments = (signer: Signer, image: SignedImage, file: string): string[] => [
  ...['attest', '--yes', ...signingKeyOf(signer), '--type=cyclonedx', `--predicate=${file}`, '--replace=true'],
  ...[...keychain(image.repository), referenceOf(image)],
];

export const verifyAttestationArguments = (signer: Signer, image: SignedImage): string[] => [
  ...['verify-attestation', ...believed(signer), '--type=cyclonedx'],
  ...[...keychain(image.repository), referenceOf(image)],
];

/**
 * Copies an image with its signatures.
 * @param to repository and tag
 * @param force also over signatures that stand there
 */
export const copyArguments = (image: SignedImage, to: string, force: boolean): string[] => [
  ...['copy', ...(force ? ['--force=true'] : []), ...keychain(to), referenceOf(image), to],
];

const referenceOf = ({ repository, digest }: SignedImage) => `${repository}@${digest}`;

const signingKeyOf = (signer: Signer) => (signer.by === 'key' ? [`--key=${signer.sign}`, '--tlog-upload=false'] : []);

const believed = (signer: Signer) =>
  signer.by === 'key'
    ? [`--key=${signer.verify}`, '--private-infrastructure=true']
    : [`--certificate-identity=${signer.identity}`, `--certificate-oidc-issuer=${signer.issuer}`];

const annotated = (annotations: Annotations) =>
  Object.entries(annotations).map(([name, value]) => `--annotations=${name}=${value}`);

/** Whether Amazon's registry is meant. */
export const isEcr = (repository: string) => /^\d{12}\.dkr\.ecr[.-][\w.-]+\.amazonaws\.com(\.cn)?\//.test(repository);

/**
 * Makes cosign ask AWS for a login by the role that the job has (AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE), so that
 * no password of ECR is ever written down. In spite of its name the option needs no Kubernetes: it adds the credential
 * helpers of the clouds behind Docker's own config.json (cmd/cosign/cli/options/registry.go of cosign 2.6).
 */
const keychain = (repository: string) => (isEcr(repository) ? ['--k8s-keychain=true'] : []);

/** One signature that cosign has verified: the format is "simple signing". */
interface Payload {
  readonly critical?: { readonly image?: { readonly 'docker-manifest-digest'?: string }; readonly type?: string };
  readonly optional?: Readonly<Record<string, unknown>> | null;
}

/**
 * Whether what `cosign verify` printed is about this very digest, and says all of this in one signature. Cosign has
 * checked it; a stub or another version that prints something else is not believed.
 */
export function says(printed: string, digest: string, annotations: Annotations): boolean {
  let payloads: unknown;
  try {
    payloads = JSON.parse(printed);
  } catch {
    return false;
  }
  if (!Array.isArray(payloads)) return false;
  return (payloads as readonly (Payload | null)[]).some(
    (payload) =>
      payload?.critical?.image?.['docker-manifest-digest'] === digest &&
      payload.critical.type === 'cosign container image signature' &&
      Object.entries(annotations).every(([name, value]) => payload.optional?.[name] === value),
  );
}

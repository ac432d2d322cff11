import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { pause } from '../forge/patience.ts';
import { withoutSecrets } from '../git/git.ts';
import { Refusal } from '../model/refusal.ts';
import {
  type Annotations,
  attestArguments,
  copyArguments,
  type SignedImage,
  type Signer,
  says,
  signArguments,
  verifyArguments,
  verifyAttestationArguments,
} from '../model/signer.ts';
import { quote } from '../model/words.ts';

/** Signs images and says which to believe: https://github.com/sigstore/cosign. It is the command that the pipeline pins. */
export interface Cosign {
  sign(image: SignedImage, annotations: Annotations): Promise<void>;
  /** Why an image is not believed to be ours and to say all of this; undefined when it is. */
  doubt(image: SignedImage, annotations: Annotations): Promise<string | undefined>;
  /** @param file a CycloneDX document */
  attest(image: SignedImage, file: string): Promise<void>;
  /** Why no statement about an image's contents is believed; undefined when one is. */
  attestationDoubt(image: SignedImage): Promise<string | undefined>;
  /** Copies an image with its signatures. What stands there already is not copied again. */
  copy(image: SignedImage, to: string): Promise<void>;
}

export interface CosignSettings {
  readonly signer: Signer;
  /** What cosign finds its key, its identity and Docker's logins with. No token of ours belongs in it. */
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds before a call that failed on its way is made again. @default 1000 */
  readonly first?: number;
}

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly said: string;
}

/** The statuses with which it says no: https://github.com/sigstore/cosign/blob/v2.6.1/cmd/cosign/errors/exit_codes.go */
const no = [10, 11, 12, 13];

/** Something on the way, which says nothing about the image. */
const onTheWay =
  /connection (refused|reset)|no such host|i\/o timeout|deadline exceeded|unexpected EOF|TLS handshake|TOOMANYREQUESTS|UNAUTHORIZED|DENIED|status code (401|403|429|5\d\d)|unexpected status.*(401|403|429|5\d\d)/i;

/** The public service that cosign would ask before it verifies with a key, and does not need. */
const unasked = { SIGSTORE_REKOR_PUBLIC_KEY: '/dev/null' };

export function cosign({ signer, env, first = 1000 }: CosignSettings): Cosign {
  const surroundings = signer.by === 'key' ? { ...unasked, ...env } : env;

  async function once(args: readonly string[]): Promise<Ended> {
    const child = spawn('cosign', args, { env: surroundings, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
    try {
      const [status, out, said] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
      return { status, out, said };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new Refusal(
        'cosign was not found: the jobs that sign and verify install it (slipway tools cosign says how).',
      );
    }
  }

  /** Every call may be made again: what was done already is found done. */
  async function run(args: readonly string[]): Promise<Ended> {
    for (let attempt = 1; ; attempt++) {
      const ended = await once(args);
      if (ended.status === 0 || no.includes(ended.status ?? 0) || !onTheWay.test(ended.said) || attempt === 3)
        return ended;
      await pause({ first }, attempt);
    }
  }

  /** @throws {Refusal} naming the image and what cosign said last */
  async function done(args: readonly string[], what: string): Promise<void> {
    const { status, said } = await run(args);
    if (status !== 0) throw new Refusal(`${what} failed: ${lastLine(said, status)}.`);
  }

  /** What is no fault on the way is a doubt: whoever may push tags may also break a signature. */
  async function answer(args: readonly string[], what: string): Promise<Ended | string> {
    const ended = await run(args);
    if (ended.status === 0) return ended;
    const words = lastLine(ended.said, ended.status);
    if (no.includes(ended.status ?? 0) || !onTheWay.test(ended.said)) return words;
    throw new Refusal(
      `${what} cannot be verified now: ${words}. Check the registry and the login, and run this again.`,
    );
  }

  return {
    async sign(image, annotations) {
      const { status, said } = await run(signArguments(signer, image, annotations));
      if (status !== 0)
        throw new Refusal(
          `Signing ${named(image)} failed: ${lastLine(said, status)}. If the tag ${image.digest.replace(':', '-')}.sig is somebody else's, take that tag away (not what it is on); then run this again.`,
        );
    },
    async doubt(image, annotations) {
      const ended = await answer(verifyArguments(signer, image, annotations), named(image));
      if (typeof ended === 'string') return ended;
      const all = Object.entries(annotations).map(([name, value]) => `${name}=${value}`);
      return says(ended.out, image.digest, annotations)
        ? undefined
        : `cosign did not say that it verified ${[image.digest, ...all].join(' with ')}`;
    },
    attest: (image, file) => done(attestArguments(signer, image, file), `Stating the contents of ${named(image)}`),
    async attestationDoubt(image) {
      const ended = await answer(verifyAttestationArguments(signer, image), named(image));
      return typeof ended === 'string' ? ended : undefined;
    },
    async copy(image, to) {
      const { status, said } = await run(copyArguments(image, to, false));
      if (status === 0) return;
      // The same content was built from another tree before: then there is one signature more than there was.
      if (!said.includes('already exists'))
        throw new Refusal(`Copying ${named(image)} to ${to} failed: ${lastLine(said, status)}.`);
      await done(copyArguments(image, to, true), `Copying ${named(image)} to ${to}`);
    },
  };
}

const named = ({ repository, digest }: SignedImage) => `${repository}@${digest}`;

/** What went wrong stands at the end, after progress and advice. */
function lastLine(said: string, status: number | null): string {
  const lines = withoutSecrets(said)
    .split('\n')
    .map((line) => line.replace(/^Error: |^error during command execution: /, '').trim())
    .filter((line) => line !== '');
  return quote(lines.at(-1) ?? `cosign ended with ${status}`, 300);
}

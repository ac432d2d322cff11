import { Refusal } from '../model/refusal.ts';
import type { Command } from './command.ts';

export type ToolName = 'git' | 'aws' | 'eksctl' | 'kubectl' | 'cosign';

/** A machine as Node calls it: its platform, then its processor. */
export type Machine = 'linux-x64' | 'linux-arm64' | 'darwin-x64' | 'darwin-arm64';

/** A program that bootstrap or a pipeline runs. */
export interface Tool {
  /** What wants it. */
  readonly why: string;
  /** What is wanted, or later; pipelines install just this. */
  readonly version: string;
  /** How it is asked for its version. */
  readonly ask: Command;
  /** Where its answer says it. */
  readonly answer: RegExp;
  /** What comes from its makers, by machine, where a checksum is known; `$VERSION` stands for the version. */
  readonly from: Partial<Readonly<Record<Machine, Download>>>;
  /** What is in it: the program itself, an archive with it, or the installer of the AWS CLI. */
  readonly holds: 'program' | 'tar.gz' | 'installer';
  /** What a person types where no checksum is known. */
  readonly otherwise: string;
}

interface Download {
  readonly url: string;
  /** It stood in several independent public repositories when it was pinned; a newer version needs a newer one. */
  readonly sha256: string;
}

const files = (url: (machine: string) => string, sums: Partial<Record<Machine, readonly [string, string]>>) =>
  Object.fromEntries(
    Object.entries(sums).map(([machine, [name, sha256]]) => [machine, { url: url(name), sha256 }]),
  ) as Tool['from'];

/** Every tool. */
export type Tools = Readonly<Record<ToolName, Tool>>;

/**
 * Pinned here alone, for laptops and pipelines alike. A version is taken whose checksums are known: eksctl 0.230.0, and
 * an AWS CLI that is not the newest, of which AWS publishes a signature and no checksum.
 */
export const tools: Tools = {
  git: {
    why: 'everything stands in it',
    version: '2.31.0',
    ask: { argv: ['git', '--version'] },
    answer: /git version (\d+\.\d+(?:\.\d+)?)/,
    from: {},
    holds: 'program',
    otherwise: 'apt-get install git, or brew install git',
  },
  aws: {
    why: 'bootstrap asks AWS with it',
    // renovate: datasource=github-tags depName=aws/aws-cli
    version: '2.36.7',
    ask: { argv: ['aws', '--version'] },
    answer: /aws-cli\/(\d+\.\d+\.\d+)/,
    // https://docs.aws.amazon.com/cli/latest/userguide/getting-started-version.html
    from: files((name) => `https://awscli.amazonaws.com/awscli-exe-linux-${name}-$VERSION.zip`, {
      'linux-x64': ['x86_64', 'd641283d37f1a2168457a9f26a20d4e29167652e9ab1719b37114ef1ebe859f4'],
      'linux-arm64': ['aarch64', '85826b67912b44bb45d1e46c6e66f383c14405ee0b2f4686f73bdf949c93bd61'],
    }),
    holds: 'installer',
    otherwise: 'brew install awscli',
  },
  eksctl: {
    why: 'bootstrap makes clusters with it',
    // renovate: datasource=github-releases depName=eksctl-io/eksctl
    version: '0.230.0',
    ask: { argv: ['eksctl', 'version'] },
    answer: /^v?(\d+\.\d+\.\d+)/m,
    // https://docs.aws.amazon.com/eks/latest/eksctl/installation.html
    from: files((name) => `https://github.com/eksctl-io/eksctl/releases/download/v$VERSION/eksctl_${name}.tar.gz`, {
      'linux-x64': ['Linux_amd64', 'a2060956f117c3065abafda5c1f681679b9c3716675d70ce4ffff46033b02c35'],
      'linux-arm64': ['Linux_arm64', '21afe8a1e38f0e8153a1f27ff7af6b90e309a0411a1438139463dac2f866674d'],
      'darwin-x64': ['Darwin_amd64', '9c169be56572dae079dc1e5e2a6efff83c4cc6fc8507e54d0a6e8f4ef14df312'],
      'darwin-arm64': ['Darwin_arm64', '1412b7ea32efab8141c4c7ccdf96690814d659accefdf72e4e6277ea5c87470c'],
    }),
    holds: 'tar.gz',
    otherwise: 'brew install eksctl',
  },
  kubectl: {
    why: 'bootstrap and the runbooks ask clusters with it',
    // renovate: datasource=github-releases depName=kubernetes/kubernetes
    version: '1.36.3',
    ask: { argv: ['kubectl', 'version', '--client', '--output=json'] },
    answer: /"gitVersion": ?"v(\d+\.\d+\.\d+)/,
    // https://kubernetes.io/docs/tasks/tools/install-kubectl-linux/
    from: files((name) => `https://dl.k8s.io/release/v$VERSION/bin/${name}/kubectl`, {
      'linux-x64': ['linux/amd64', 'ebbd080e7c2e275093b55915722043257eb24004363e20acb3c4d71919f88336'],
      'linux-arm64': ['linux/arm64', '3d86f24401c41ae5a46ac50eef8865fe891d3647d324a0836f6c63757a126e62'],
    }),
    holds: 'program',
    otherwise: 'brew install kubectl',
  },
  cosign: {
    why: 'pipelines sign images with it',
    // renovate: datasource=github-releases depName=sigstore/cosign
    version: '2.6.4',
    ask: { argv: ['cosign', 'version', '--json'] },
    answer: /"gitVersion": ?"v(\d+\.\d+\.\d+)/,
    // https://docs.sigstore.dev/cosign/system_config/installation/
    from: files((name) => `https://github.com/sigstore/cosign/releases/download/v$VERSION/cosign-${name}`, {
      'linux-x64': ['linux-amd64', '309779b0c4e409186b0a80daba99041fe2cf65a920ce645013901df6211895a9'],
      'linux-arm64': ['linux-arm64', 'df408e5418129306fed7349ec46e27be0445d05c5127c07f435e9a566af67593'],
      'darwin-x64': ['darwin-amd64', 'ec648fddfedf1dad59dff9fbab177284a618204e03126ea37a87ab3cec4e7cb1'],
      'darwin-arm64': ['darwin-arm64', 'b2987c1b55a1e2735c59ac5c3e140acbf7ba5c1ed0cc07dbbf1b85676595237e'],
    }),
    holds: 'program',
    otherwise: 'brew install cosign',
  },
};

/** Where a tool is fetched for a machine; undefined where no checksum is known. */
export function downloadOf({ version, from }: Tool, machine: string): Download | undefined {
  const found = from[machine as Machine];
  return found && { ...found, url: found.url.replaceAll('$VERSION', version) };
}

/**
 * Whether what a tool says of its version will do.
 * @param said undefined where it is not there
 * @returns the version
 * @throws {Refusal} naming the tool, what is wanted, and how to install it
 */
export function checkTool(name: ToolName, said: string | undefined): string {
  const { version, answer, otherwise } = tools[name];
  const remedy =
    Object.keys(tools[name].from).length > 0
      ? `Install it: npx slipway tools ${name} --install`
      : `Install it: ${otherwise}`;
  if (said === undefined) throw new Refusal(`${name} is not there; ${version} or later is needed. ${remedy}`);
  const found = answer.exec(said)?.[1];
  if (found === undefined)
    throw new Refusal(
      `${name} says ${JSON.stringify(said.slice(0, 80))} of its version; ${version} or later is needed. ${remedy}`,
    );
  if (isBefore(found, version)) throw new Refusal(`${name} is ${found}; ${version} or later is needed. ${remedy}`);
  return found;
}

/** Whether a version comes before another: digits and dots. What one of them does not say counts as 0. */
export function isBefore(version: string, other: string): boolean {
  const [left, right] = [version, other].map((text) => text.split('.').map(Number)) as [number[], number[]];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

import { Refusal } from '../model/refusal.ts';
import type { Command } from './command.ts';

export type ToolName = 'git' | 'aws' | 'eksctl' | 'kubectl';

/** A program that bootstrap runs. */
export interface Tool {
  /** What is wanted, or later; pipelines install just this. */
  readonly version: string;
  /** How it is asked for its version. */
  readonly ask: Command;
  /** Where its answer says it. */
  readonly answer: RegExp;
  /** What a person types where it is missing; `$VERSION` stands for the version. */
  readonly install: string;
}

const system = '"$(uname -s | tr A-Z a-z)"';
const machine = '"$(uname -m | sed s/x86_64/amd64/ | sed s/aarch64/arm64/)"';

/** Pinned here alone, for laptops and pipelines alike. */
export const tools: Readonly<Record<ToolName, Tool>> = {
  git: {
    version: '2.31.0',
    ask: { argv: ['git', '--version'] },
    answer: /git version (\d+\.\d+(?:\.\d+)?)/,
    install: 'apt-get install git, or brew install git',
  },
  aws: {
    version: '2.36.32',
    ask: { argv: ['aws', '--version'] },
    answer: /aws-cli\/(\d+\.\d+\.\d+)/,
    // https://docs.aws.amazon.com/cli/latest/userguide/getting-started-version.html
    install:
      'curl -fsSLo awscli.zip "https://awscli.amazonaws.com/awscli-exe-linux-$(uname -m)-$VERSION.zip" && unzip -q awscli.zip && sudo ./aws/install --update',
  },
  eksctl: {
    version: '0.231.0',
    ask: { argv: ['eksctl', 'version'] },
    answer: /^v?(\d+\.\d+\.\d+)/m,
    // https://docs.aws.amazon.com/eks/latest/eksctl/installation.html
    install: `curl -fsSL "https://github.com/eksctl-io/eksctl/releases/download/v$VERSION/eksctl_$(uname -s)_"${machine}.tar.gz | sudo tar -xz -C /usr/local/bin`,
  },
  kubectl: {
    version: '1.36.3',
    ask: { argv: ['kubectl', 'version', '--client', '--output=json'] },
    answer: /"gitVersion": ?"v(\d+\.\d+\.\d+)/,
    // https://kubernetes.io/docs/tasks/tools/install-kubectl-linux/
    install: `curl -fsSLo kubectl "https://dl.k8s.io/release/v$VERSION/bin/"${system}/${machine}/kubectl && sudo install kubectl /usr/local/bin/kubectl`,
  },
};

/** What a person types to have a tool in the version that is wanted. */
export const installLine = (name: ToolName): string => tools[name].install.replace('$VERSION', tools[name].version);

/**
 * Whether what a tool says of its version will do.
 * @param said undefined where it is not there
 * @returns the version
 * @throws {Refusal} naming the tool, what is wanted, and how to install it
 */
export function checkTool(name: ToolName, said: string | undefined): string {
  const { version, answer } = tools[name];
  const remedy = `Install it: ${installLine(name)}`;
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

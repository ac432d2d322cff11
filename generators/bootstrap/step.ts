import type { Command } from './command.ts';

/** What is done in turn. A step looks first, acts only where something is missing, and looks again. */
export interface Step {
  readonly id: StepId;
  /** What it is about: `stack nonprod-network`. */
  readonly title: string;
  /** What it is good for, in one sentence. */
  readonly why: string;
  /** What it asks. Nothing changes by it. */
  readonly looks: readonly Command[];
  /** What it runs where something is missing, in this order. */
  readonly acts: readonly Command[];
}

export type StepId =
  | 'values'
  | 'tools'
  | 'files'
  | 'identity'
  | 'rights'
  | `stack ${string}`
  | 'cluster'
  | 'kubeconfig'
  | 'argo-cd'
  | 'credential'
  | 'platform';

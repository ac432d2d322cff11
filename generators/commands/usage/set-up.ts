import type { Verb } from '../usage.ts';
import { dry, dryRun, json, observe, remote, target } from './options.ts';

/** What sets up machines, clusters and what watches them, and tells others. */
export const setUp: Readonly<Record<string, Verb>> = {
  doctor: {
    summary: 'what is missing or wrong: on this machine, in this repository, in the GitLab project',
    about:
      'Looks at this machine (Node, git, packages, programs), at this repository (history, remote, branches, pipeline,\nCODEOWNERS, lockfiles), at the GitLab project (with SLIPWAY_TOKEN, CI_SERVER_URL and CI_PROJECT_ID: who may push and\nmerge what, how requests are merged, what pipelines may, their variables, the tokens) and at what is still a value of\nthe example. Says for each that is wrong the command that mends it, or the setting and its page. Changes nothing, and\nneeds no npm ci. What it may not read or is not there yet is unknown, and no failure; the exit code is 1 when\nsomething is wrong.',
    options: { remote, all: { type: 'boolean', help: 'say of what is fine what was seen, too' }, json },
    examples: ['slipway doctor', 'slipway doctor --all', 'slipway doctor --remote local --json'],
  },
  bootstrap: {
    summary: 'make a cluster, or bring one to what the repository says, with Argo CD on it',
    about:
      'Takes every step in turn: tools, identity and its rights, stacks, cluster, Argo CD, the credential that it reads the\nrepository with, and the Application that brings the rest. Each looks first and acts only where something is missing,\nso that it can be stopped anywhere and run again. The definitions are those of the commit. --context brings Argo CD to\na cluster that is there already (kind, k3s, minikube): its profile is local, and nothing is done in AWS.\nSLIPWAY_REPOSITORY_TOKEN is the token that Argo CD reads the repository with.',
    takes: ['CLUSTER'],
    options: {
      dry,
      context: { type: 'string', value: 'NAME', help: 'the context of your kubeconfig where the cluster is already' },
      'argo-cd': {
        type: 'string',
        value: 'FILE',
        help: "Argo CD's manifest, where it cannot be fetched; its checksum is checked all the same",
      },
      yes: { type: 'boolean', help: 'agree to changes of stacks that lose what a resource holds' },
      eksctl: { type: 'boolean', help: "print the cluster's eksctl.yaml, filled, and do nothing" },
      destroy: {
        type: 'boolean',
        help: 'list what would go on costing without the cluster, and how to delete it; delete nothing',
      },
      remote,
      'dry-run': {
        type: 'boolean',
        help: 'print every step with its commands, and run none; it needs no tool and no credential',
      },
      'change-sets': {
        type: 'boolean',
        help: 'with --dry-run: ask AWS what would be changed, by change sets that are deleted again and never executed',
      },
      drift: {
        type: 'boolean',
        help: 'say how the cluster and its stacks differ from the files, and change nothing; exit code 3 when they do',
      },
      as: {
        type: 'string',
        value: 'ROLE',
        help: "be the account's role plan, drift or bootstrap, by the token of a pipeline's job in AWS_ID_TOKEN",
      },
      json: { type: 'boolean', help: 'print JSON for programs; with --dry-run or --drift' },
    },
    examples: [
      'slipway bootstrap nonprod --dry-run',
      'slipway bootstrap nonprod --dry-run --change-sets',
      'slipway bootstrap nonprod',
      'slipway bootstrap nonprod --drift',
      'slipway bootstrap home --context kind-home',
      'slipway bootstrap nonprod --destroy',
    ],
  },
  tools: {
    summary: 'how the programs that clusters and images need are installed, each in its pinned version',
    about:
      'Prints the lines that a person or a pipeline runs on this machine; --install runs them. Each comes from its makers, and\nits checksum is the one that stands here. One that is there in that version or a later one is left alone. It needs no\nnpm ci (Node >= 22.18).',
    takes: ['[NAME…]'],
    options: {
      install: { type: 'boolean', help: 'install what is missing or too old, and see that it runs' },
      into: {
        type: 'string',
        value: 'DIR',
        help: 'the folder, which is on the PATH (default: /usr/local/bin, else ~/.local/bin)',
      },
      json,
    },
    examples: ['slipway tools', 'slipway tools cosign --install', 'slipway tools aws eksctl kubectl --install'],
  },
  local: {
    summary: 'this machine as forge and cluster',
    about: `  up      start it and leave it running; main is this checkout's HEAD
  build   build what the apps of HEAD need, and print the --image options
  status  whether it runs, and where
  down    stop it; its data stays
It lives in .slipway/world, or in the folder that SLIPWAY_WORLD names. Other verbs talk to it with --remote local.`,
    words: ['up', 'build', 'status', 'down'],
    options: { observe, json },
    examples: [
      'slipway local up',
      'slipway local up --observe',
      'slipway publish --remote local $(npx slipway local build)',
      'slipway local down',
    ],
  },
  demo: {
    summary: 'see all of it on this machine: commit, publish, promote, roll back',
    about:
      'Starts a local world of its own, plays the main job with real git, Redis and HTTP, and removes everything at the end.',
    options: {
      once: { type: 'boolean', help: 'end after the tour, also on a terminal' },
      stay: { type: 'boolean', help: 'stay up after the tour, with the board, also without a terminal' },
      observe,
    },
    examples: ['npm run demo', 'npm run demo -- --once', 'npm run demo -- --observe'],
  },
  monitoring: {
    summary: 'what watches an environment or a cluster, as plain files',
    about:
      "For a Prometheus, a blackbox exporter and a Grafana that this repository does not run: prometheus.yml with what is\nscraped, rules/*.yaml, blackbox.yml and dashboards/*.json, from the definitions in the work tree. They are what parts\ncarry where a cluster's monitoring is slipway. Which apps stand where, and in which version, is read from the branches\nof the environments as this clone has them: fetch first. What is left out is said: versions where there is no branch, and\non clusters that have none of this repository what is asked from outside and where alerts go, unless they are named. A folder with files of somebody else is refused; its own are written anew,\nand those of apps that are gone are deleted.",
    options: {
      env: { ...target, help: 'what its apps are watched by' },
      cluster: {
        type: 'string',
        value: 'C',
        help: 'the same of all environments of a cluster, and of the cluster itself',
      },
      out: { type: 'string', value: 'DIR', help: 'the folder' },
      blackbox: { type: 'string', value: 'HOST:PORT', help: "the blackbox exporter (default: the cluster's own)" },
      alertmanager: { type: 'string', value: 'HOST:PORT', help: "where alerts are sent (default: the cluster's own)" },
      json,
    },
    examples: [
      'slipway monitoring --cluster production --out prometheus',
      'slipway monitoring --env dev --out /tmp/dev',
    ],
  },
  announce: {
    summary: 'tell GitLab and GitHub which commits are deployed where',
    about:
      'Each commit of main of which something stands in an environment gets the status slipway/<environment>; on GitHub the\nnewest one gets a deployment, too. Asks Argo CD how it goes when ARGOCD_SERVER and ARGOCD_AUTH_TOKEN are set. What is\nsaid already is not said again: a scheduled pipeline may run this as often as it likes.',
    options: { remote, 'dry-run': dryRun, json },
    examples: ['slipway announce', 'slipway announce --dry-run'],
  },
};

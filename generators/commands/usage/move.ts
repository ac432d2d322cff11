import type { Verb } from '../usage.ts';
import { byHand, dry, dryRun, image, images, json, keepGoing, remote, target } from './options.ts';

/** What moves parts along the path, and back. */
export const move: Readonly<Record<string, Verb>> = {
  publish: {
    summary: 'render a commit of main for every environment, and move the first ones',
    about:
      'Appends the commit to the branch rendered and moves the first environments to it. A commit older than what is\npublished is superseded, and publishing one again changes nothing: both are success.',
    options: {
      dry,
      image,
      images,
      from: {
        type: 'string',
        value: 'FILE',
        help: 'publish the bundle of slipway render, and run no code of any commit',
      },
      'keep-going': keepGoing,
      remote,
      'dry-run': dryRun,
      json,
    },
    examples: [
      'slipway publish --image counter=registry.gitlab.com/example/slipway/counter@sha256:…',
      'slipway publish --dry-run',
    ],
  },
  promote: {
    summary: 'open or update the merge requests that promote',
    about:
      'Proposes to each environment what the one before it vouches for, in one request. A person merges. An app that\nsomebody rolled back or edited is left alone there, and has a request of its own that would bring it back. What people\nput on a proposal or wrote into a request stays.',
    options: {
      to: { type: 'string', value: 'E', help: 'only onto this environment' },
      app: { type: 'string', value: 'A', help: 'only this app, in a request of its own; with --to' },
      override: {
        type: 'string',
        value: 'REASON',
        help: 'why the calendar does not count this time; it stays in the request; with --to',
      },
      report: { type: 'string', value: 'DIR', help: 'write what each request says, uncut, to DIR/env/E-next.md' },
      remote,
      'dry-run': dryRun,
      json,
    },
    examples: [
      'slipway promote',
      'slipway promote --to staging --dry-run',
      'slipway promote --to production --app counter',
    ],
  },
  gate: {
    summary: 'whether what stands in an environment has soaked, app by app, and why',
    about:
      'Asks Argo CD (Synced and Healthy for the soak time) and, when PROMETHEUS_URL is set, Prometheus (health all that time,\nand no alert that pages). --report says it as commit statuses slipway/gate/APP on the tip of the environment branch,\nfor a promote elsewhere that cannot ask: name the account as reporter in clusters/environments.ts. The exit code is 1\nwhen a gate does not agree.',
    options: {
      env: target,
      app: { type: 'string', value: 'A', help: 'only this app' },
      report: { type: 'boolean', help: 'set commit statuses where their state changed' },
      remote,
      json,
    },
    examples: ['slipway gate --env staging', 'slipway gate --env staging --report'],
  },
  rollback: {
    summary: 'put back on an environment what stood there before',
    about:
      'Restores earlier parts exactly, tree by tree, as a merge request or, with --now, as a push. It renders nothing, asks\nno gate, and needs no npm ci (Node >= 22.18). Whatever goes back is held from then on, as after a git revert. A\nmigration that cannot be undone on the way is refused, and the way forward is said.',
    options: {
      env: target,
      app: { type: 'string', value: 'A', help: 'only this app (default: all that the last promotion moved)' },
      version: {
        type: 'string',
        value: 'V',
        help: 'the version it goes back to (default: what stood before); with --app',
      },
      ...byHand,
    },
    examples: [
      'slipway rollback --env production --app counter --now',
      'slipway rollback --env production --app counter --version 1.0.3 --reason "5xx since 02:40"',
      'slipway rollback --env production --dry-run',
    ],
  },
  release: {
    summary: 'put one app on an environment by your own wish: end a hold, or take a fix past an environment',
    about:
      'Puts what its source offers, what it was taken back from, or the part of any published commit, as a merge request\nor, with --now, as a push. No gate is asked, and the request says so.',
    options: {
      env: target,
      app: { type: 'string', value: 'A', help: 'the app' },
      at: { type: 'string', value: 'SHA', help: 'the commit of main whose part it shall be; with --reason' },
      ...byHand,
    },
    examples: [
      'slipway release --env production --app counter',
      'slipway release --env production --app counter --at 4f2a91c --reason "fixes the outage" --now',
    ],
  },
  apply: {
    summary: "break the glass: apply one app's part to a cluster, with nothing but this clone and a kubeconfig",
    about:
      'For when GitLab, npm, the registry or Argo CD is down. It asks the API server alone and needs no npm ci (Node >= 22.18).\nCOMMIT stands in this clone: of env/E, of rendered, or of main, whose part is meant; nothing is fetched. The server is\nasked about every object first; then Argo CD is told to leave the app alone, and the objects are applied as Argo CD\napplies them. Nothing is deleted. Hooks such as migrations are NOT run, and their names are said: what a migration did\nhas no way back, and an older part must not run one on what a newer part left. Run it again when it was cut off. When\nthe branch says the same, --resume has Argo CD go on.',
    options: {
      env: target,
      app: { type: 'string', value: 'A', help: 'the app' },
      from: { type: 'string', value: 'COMMIT', help: 'the commit whose part is applied' },
      resume: { type: 'boolean', help: 'have Argo CD go on, when the branch has what was applied' },
      yes: { type: 'boolean', help: 'go on although the branch says something else; with --resume' },
      reason: { type: 'string', value: 'TEXT', help: 'why; it stays on the Application until --resume' },
      kubeconfig: { type: 'string', value: 'FILE', help: 'the kubeconfig (default: KUBECONFIG, else ~/.kube/config)' },
      context: { type: 'string', value: 'NAME', help: 'its context (default: the current one)' },
      unproven: { type: 'boolean', help: 'also a part of which this clone cannot prove that it was rendered' },
      'past-migrations': { type: 'boolean', help: 'also a part from before a migration that cannot be undone' },
      'as-myself': { type: 'boolean', help: 'not as Argo CD, for whom excused objects are let in' },
      'dry-run': dryRun,
      json,
    },
    examples: [
      'slipway apply --env production --app counter --from origin/env/production~1 --dry-run',
      'slipway apply --env production --app counter --from 4f2a91c --reason "5xx, and GitLab is down"',
      'slipway apply --env production --app counter --resume',
    ],
  },
};

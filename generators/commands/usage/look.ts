import type { Verb } from '../usage.ts';
import { dry, image, images, json, remote, workTree } from './options.ts';

/** What is asked: nothing is changed by these. */
export const look: Readonly<Record<string, Verb>> = {
  status: {
    summary: 'what runs where, since when, how far behind, what is held and what waits',
    about:
      'Reads the branches, which needs neither npm ci nor a credential. The forge is asked for open requests, Argo CD for\nhealth, and the gates for what waits, where SLIPWAY_TOKEN, CI_SERVER_URL and CI_PROJECT_ID, ARGOCD_SERVER and\nARGOCD_AUTH_TOKEN are set; what cannot be asked is said, and the exit code is 0 all the same. Of many apps those that\nare as offered and Healthy are told in one line per environment.\nBehind is how far an app is from main: so many publishes changed it and have not come here, offered or not, and since\nwhen the first is missing, as in the metrics. The state says what its source offers; ↑ is what could move now.',
    options: {
      env: { type: 'string', value: 'E', help: 'only this environment' },
      app: { type: 'string', value: 'A', help: 'only this app' },
      all: { type: 'boolean', help: 'a line for every app, however many there are' },
      addresses: { type: 'boolean', help: 'where apps answer, however many there are' },
      remote,
      json,
    },
    examples: ['slipway status', 'slipway status --env production --all', 'slipway status --remote local --json'],
  },
  where: {
    summary: 'where a commit, merge request, version or digest is: since when, by whom, or why not yet',
    about:
      'Reads the branches alone, and needs no npm ci (Node >= 22.18). A commit of main is where a part stands that was made\nfrom it or what followed; a revert on main is seen, and who went back in an environment. A number may be a merge request\nonto main or onto an environment. Where a forge is configured it says who merged what git does not tell of (a\nfast-forward, a squash); where Argo CD is, which gate waits.',
    takes: ['COMMIT|!MR|VERSION|DIGEST'],
    options: {
      env: { type: 'string', value: 'E', help: 'only this environment' },
      app: { type: 'string', value: 'A', help: 'only this app' },
      remote,
      json,
    },
    examples: [
      'slipway where HEAD',
      'slipway where 4f2a91c --env production',
      "slipway where '!12'",
      'slipway where counter@1.0.3 --json',
      'slipway where sha256:9f86d081',
    ],
  },
  history: {
    summary: 'what happened: when, who, what moved, how it came, and in whose words',
    about:
      'Newest first, from the branches alone: it needs no npm ci and no credential. How a change came is read from trees and\ntheir order in rendered, never from what a commit says: promoted, published, hotfix (past what its source had run),\nrolled back, re-applied, fixed (past all that stood there, after a step back), edited by hand, repaired. Below the\nnewest of each environment stands the command that undoes it.',
    options: {
      env: { type: 'string', value: 'E', help: 'only this environment (default: all, by time)' },
      app: { type: 'string', value: 'A', help: 'only this app' },
      since: {
        type: 'string',
        value: 'WHEN',
        help: 'only what came after: a span (30d), a day (2026-11-20), or a commit of any branch',
      },
      limit: { type: 'string', value: 'N', help: 'so many at most (default: 20)' },
      remote,
      json,
    },
    examples: [
      'slipway history --env production',
      'slipway history --env production --app counter --since 30d',
      'slipway history --since 4f2a91c --json',
    ],
  },
  diff: {
    summary: 'what publishing HEAD would change, or what A..B differ by, by object and field',
    about:
      'Without A..B it renders a commit, or with --work-tree what is saved here, and compares it with the branch rendered of\nthe remote; nothing is written. The commit need not be on main, and an image that is not built yet is marked. The exit\ncode is 1 when an app cannot be rendered or changed so, an excuse of one that changes has ended, or something goes\nwithout a reason.\nWith A..B it renders nothing, and needs no npm ci. A side is an environment (staging), one at a time or at a commit of\nits branch (production@2d, production@4f2a91c), a version of an app (counter@VERSION, with --env), a published commit of\nmain, or a commit of rendered. Between two environments what only their names make different is left out.',
    takes: ['[A..B]'],
    file: ([range]) => (range === undefined ? 'diff' : 'diff-between'),
    options: {
      dry,
      'work-tree': workTree,
      env: { type: 'string', value: 'E', help: 'only this environment' },
      app: { type: 'string', value: 'A', help: 'only this app' },
      raw: { type: 'boolean', help: 'with A..B: the files, as git writes it' },
      image,
      images,
      out: { type: 'string', value: 'FILE', help: 'write it to FILE, too: as a page when that ends in .html' },
      remote,
      json,
    },
    examples: [
      'slipway diff',
      'slipway diff --work-tree',
      'slipway diff --env production --app counter',
      'slipway diff --dry HEAD~1 --json',
      'slipway diff --out diff.html',
      'slipway diff staging..production',
      'slipway diff production@2d..production --app counter',
      'slipway diff counter@1.0.3..counter@1.0.4 --env production --raw',
    ],
  },
  open: {
    summary: 'where an app, Argo CD, Grafana, the forge or a merge request answers, in a browser',
    about:
      "Reads the address from the environment branch: the host of an app's Ingress, the url that Argo CD is told. What has no\naddress comes to this machine through kubectl port-forward, at a port that is always the same, until Ctrl-C. Where there\nis a desktop a browser opens; the address is printed in any case. Without a name it lists all of them.",
    takes: ['[counter|argocd|grafana|forge|REQUEST]'],
    options: {
      env: { type: 'string', value: 'E', help: 'the environment, where an app stands in several' },
      print: { type: 'boolean', help: 'print the address, and open and forward nothing' },
      kubeconfig: {
        type: 'string',
        value: 'FILE',
        help: 'what kubectl asks (default: KUBECONFIG, else ~/.kube/config)',
      },
      context: { type: 'string', value: 'NAME', help: 'its context (default: the current one)' },
      remote,
      json,
    },
    examples: [
      'slipway open',
      'slipway open counter --env production',
      'slipway open grafana --env platform-production --print',
      "slipway open '!12'",
      'slipway open forge --remote local',
    ],
  },
  dora: {
    summary: 'how often, how fast and how well an environment is delivered to, in the figures of DORA',
    about: `Counted from the branches alone; it needs no npm ci (Node >= 22.18) and no forge. A deployment is a merge, or what one
run pushed, that brought an app a part which the environment never had. Its lead time is that of each commit of main
that came with it, from its author's time. It failed when within the window an app of it was taken back, edited on the
branch, or overtaken by a part past the source; recovery is the time until then, or, of an edit, until a part of ours
stands there again. Rework came past the source, or to an app that was taken back or edited. A fix that came by an
ordinary promotion looks like any other and is not seen. The five figures are those of https://dora.dev/guides/dora-metrics/`,
    options: {
      env: { type: 'string', value: 'E', help: 'the environment (default: those that no other comes after)' },
      app: { type: 'string', value: 'A', help: 'only this app' },
      since: { type: 'string', value: 'TIME|DAY', help: 'from when on: 90d (the default), or 2026-08-25' },
      window: {
        type: 'string',
        value: 'TIME',
        help: 'so long after a deployment somebody steps in because of it (default: 7d)',
      },
      remote,
      json,
    },
    examples: [
      'slipway dora',
      'slipway dora --env staging --since 30d --window 1d',
      'slipway dora --app counter --since 2026-08-25 --json',
    ],
  },
  verify: {
    summary: 'prove that a branch holds what its source renders, and nothing else',
    about:
      '--env proves by tree ids that every part of the tip stood at that very path of rendered; it needs no npm ci. --rendered\nrenders every published commit again, with the packages that it locks, and compares. --all does both, for every\nenvironment, and one that is not proven stops no other. Findings end with exit code 1.\n\n--proposal judges a request onto the branch before it is merged: where it stands, what it brings, by which order, what\npolicies say of it, and what its text claims. Exit code 0: verified; 1: wrong; 3: a person has to look, since it comes\nfrom no proposal branch or its text tells nothing.',
    options: {
      env: { type: 'string', value: 'E', help: 'prove this environment branch' },
      rendered: { type: 'boolean', help: 'prove the branch rendered, by rendering again' },
      all: { type: 'boolean', help: 'prove every environment branch, and rendered' },
      proposal: {
        type: 'string',
        value: 'SHA',
        help: 'judge what this commit would bring onto the environment branch',
      },
      body: { type: 'string', value: 'FILE', help: 'the text of its request; - reads it from standard input' },
      since: {
        type: 'string',
        value: 'SHA|Nd',
        help: 'only what was published after this commit, of main or of rendered; or in so many days: 8d',
      },
      remote,
      json,
    },
    examples: [
      'slipway verify --env production',
      'slipway verify --rendered --since 4f2a91c',
      'slipway verify --all --json',
      'slipway verify --env production --proposal 4f2a91c --body text.md',
    ],
  },
  excuses: {
    summary: 'which policies are broken by leave, why, and until when',
    about:
      'Reads what was published last. The exit code is 1 when an excuse has ended: a scheduled pipeline runs this, since\nno publish, promotion or rollback stops for it.',
    options: { remote, json },
    examples: ['slipway excuses', 'slipway excuses --json'],
  },
  metrics: {
    summary: 'what runs where as metrics for Prometheus: versions, since when, how far behind, held',
    about:
      'Reads the branches, and needs no forge and no token but the one that git reads the repository with. --listen serves\n/metrics, /readyz and /healthz until SIGTERM, and asks the remote again and again; while it cannot be read, the last\nanswer stays, and slipway_metrics_last_success_timestamp_seconds says how old it is. It needs no npm ci\n(Node >= 22.18).',
    options: {
      once: { type: 'boolean', help: 'print them and end' },
      listen: { type: 'string', value: 'ADDRESS:PORT', help: 'serve them there: 127.0.0.1:9464' },
      every: { type: 'string', value: 'TIME', help: 'how often the remote is asked, with --listen (default: 1m)' },
      remote,
    },
    examples: ['slipway metrics --once', 'slipway metrics --listen 127.0.0.1:9464 --every 30s'],
  },
  logs: {
    summary: 'what the pods of an app of the local world wrote',
    about:
      'Prints the last lines of each pod, the pod that wrote last at the end, from every environment or from one. Where there\nis more than one pod, each line begins with its environment and pod. It reads files, so that it also answers when the\nworld is down.',
    takes: ['APP'],
    options: {
      env: { type: 'string', value: 'E', help: 'only this environment' },
      lines: { type: 'string', value: 'N', help: 'at most so many lines of each pod (default: 100)' },
      follow: { type: 'boolean', help: 'go on with what they write, and with pods that start, until Ctrl-C' },
      json: { type: 'boolean', help: 'print one JSON object per line' },
    },
    examples: ['slipway logs counter', 'slipway logs counter --env dev --follow'],
  },
};

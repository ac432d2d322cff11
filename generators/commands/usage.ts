/** One option of a verb: what `parseArgs` is told and what `--help` prints. */
export interface Option {
  readonly type: 'string' | 'boolean';
  readonly multiple?: true;
  /** How its value is called in the help: `REF`. */
  readonly value?: string;
  readonly help: string;
}

export interface Verb {
  readonly summary: string;
  readonly about: string;
  readonly options: Readonly<Record<string, Option>>;
  /** Words of which one follows the verb. */
  readonly words?: readonly string[];
  /** What may follow the first of `words`: `FILE…`. */
  readonly more?: string;
  /** Words that all follow it: one in capitals is a value, and `[NAME…]` any number of them. */
  readonly takes?: readonly string[];
  readonly examples: readonly string[];
}

const remote: Option = {
  type: 'string',
  value: 'URL',
  help: 'the repository with the branches: a name, an address, or "local" for the local world (default: origin)',
};
const dry: Option = { type: 'string', value: 'SHA', help: 'the commit (default: HEAD)' };
const image: Option = {
  type: 'string',
  multiple: true,
  value: 'NAME=REF@sha256:…',
  help: 'the image of an app that is built here; default: the one already published for the same tree',
};
const images: Option = {
  type: 'string',
  value: 'FILE',
  help: 'the same, a line for each app, as slipway image find --all --out FILE writes them',
};
const keepGoing: Option = {
  type: 'boolean',
  help: 'an app that cannot be rendered keeps its parts, the others go on; the exit code is then 1',
};
const json: Option = { type: 'boolean', help: 'print JSON for programs' };
const observe: Option = {
  type: 'boolean',
  help: 'a Prometheus of this machine watches what runs, and promotions ask it (Debian: prometheus)',
};
const dryRun: Option = { type: 'boolean', help: 'say what would happen, and do nothing' };

const target: Option = { type: 'string', value: 'E', help: 'the environment' };
/** How a person puts parts on an environment. */
const byHand: Readonly<Record<string, Option>> = {
  now: { type: 'boolean', help: 'push it, where you may, instead of a merge request' },
  reason: { type: 'string', value: 'TEXT', help: 'why, for whoever reads the history' },
  remote,
  'dry-run': dryRun,
  json,
};

/** Every verb, for the help and for the parser alike. */
export const verbs: Readonly<Record<string, Verb>> = {
  render: {
    summary: "print an environment's manifests, or bundle all of them for publish --from",
    about:
      'Renders the committed tree, never the work tree, and needs no network and no credential. With --env it prints; with\n--all --bundle it writes a file that another job publishes. An app that did not change since what the clone knows of\nthe branch rendered is named in the bundle, not rendered.',
    options: {
      dry,
      env: { type: 'string', value: 'E', help: 'the environment that is to be printed' },
      app: { type: 'string', value: 'A', help: 'only this app' },
      out: { type: 'string', value: 'DIR', help: 'write one file per manifest into DIR instead of printing' },
      all: { type: 'boolean', help: 'every app in every environment' },
      bundle: { type: 'string', value: 'FILE', help: 'where the bundle is written' },
      image,
      images,
      'keep-going': keepGoing,
    },
    examples: [
      'slipway render --env dev',
      'slipway render --env production --app counter --out /tmp/production',
      'slipway render --all --bundle rendered.jsonl --images images.txt',
    ],
  },
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
  diff: {
    summary: 'what publishing HEAD would change, by object and field',
    about:
      'Renders the committed tree and compares it with the branch rendered of the remote; nothing is written. The commit\nneed not be on main, and an image that is not built yet is marked. The exit code is 1 when an app\ncannot be rendered or changed so, an excuse of one that changes has ended, or something goes without a reason.',
    options: {
      dry,
      env: { type: 'string', value: 'E', help: 'only this environment' },
      app: { type: 'string', value: 'A', help: 'only this app' },
      image,
      images,
      out: { type: 'string', value: 'FILE', help: 'write it to FILE, too: as a page when that ends in .html' },
      remote,
      json,
    },
    examples: [
      'slipway diff',
      'slipway diff --env production --app counter',
      'slipway diff --dry HEAD~1 --json',
      'slipway diff --out diff.html',
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
  new: {
    summary: 'write the folder of a new app, and add it to the list',
    about: `What it writes runs as it is and passes every check: change it into what it shall be. Kinds:
  web        a service that answers HTTP          worker     a program that runs all the time
  job        a program that runs by the clock     store      one pod with a volume
  agent      a program on every node              manifests  objects that somebody else wrote`,
    takes: ['app', 'NAME'],
    options: {
      kind: { type: 'string', value: 'KIND', help: 'what kind of app (default: web)' },
      owner: { type: 'string', value: 'TEAM', help: 'the team that answers for it (default: team-NAME)' },
      'dry-run': dryRun,
      json,
    },
    examples: ['slipway new app shop', 'slipway new app shop-report --kind job --owner team-shop'],
  },
  owners: {
    summary: 'who answers for which files, as CODEOWNERS',
    about:
      'From the owner of each app: its team for its folder and for what its image is built from, the team of the platform for\nall else. Teams are groups beside the project. Reads the work tree. GitLab asks owners where the tier is Premium and\nthe branch demands it; npx slipway doctor tells.',
    options: {
      env: { type: 'string', value: 'E', help: 'for the branch of this environment, where a part is a folder' },
      write: { type: 'boolean', help: 'write .gitlab/CODEOWNERS instead of printing' },
    },
    examples: ['slipway owners --write', 'slipway owners --env production'],
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
  bump: {
    summary: "change the pin of an image in an app's definition, or propose to",
    about:
      'The reference has a tag, which people read, and a digest, which runs. Every pin of that repository in the definition\nis changed; one that is malformed, the same, or of a repository that the app does not pin is refused.\n\nWhere the definition records a source, an image of another repository is handed over: image and commit change together,\nand the later commit counts, not the later pipeline. A commit that what is pinned came after is superseded (exit code 3),\nthe same image is unchanged (0), and one that does not come after it is refused (1). With --open it is proposed as the one\nmerge request of branch bump/APP onto main, which a later hand-over replaces.',
    takes: ['APP', 'REF@DIGEST'],
    options: {
      source: { type: 'string', value: 'SHA', help: 'the commit that it was built from; with --history' },
      history: {
        type: 'string',
        value: 'DIR',
        help: 'a clone of the repository that it was built in, with its history',
      },
      open: { type: 'boolean', help: 'leave the work tree alone, and open or update the merge request; with --source' },
      remote,
      'dry-run': dryRun,
      json,
    },
    examples: [
      'slipway bump redis docker.io/library/redis:8.4-alpine@sha256:…',
      'slipway bump shop registry.gitlab.com/example/shop:1.4.2@sha256:… --source 4f2a91c --history ../shop --open',
    ],
  },
  image: {
    summary: 'find, join, sign and keep the images that are built here',
    about: `  builds  what is built here at a commit, for find --builds: it runs the definitions of apps, and needs no login
  find    the image of a folder's tree that main's pipeline signed; with --all of every app that is built here
  join    join what was built for each platform (FILE: what buildctl --metadata-file wrote, or a digest) to one image
  sign    sign an image for the folder's tree, state its SBOM, copy it, and tag it, last of all
  report  every image that an environment named in 90 days, whether its registry has it, and what prune would take
  prune   delete what no environment named in 90 days, and no tree of main needs

A tag proves nothing, since whoever may open a merge request may push one: an image is believed when its signature names
the digest and the tree. It needs cosign, and no npm ci (Node >= 22.18). Registries are asked with the logins of Docker's
config.json. SLIPWAY_SIGNING_KEY is cosign's name of a key (awskms:///alias/slipway, or a file), SLIPWAY_VERIFICATION_KEY
its public half where only that is there; without either the pipeline signs by its own identity. The exit code is 3 when
there is no image yet.`,
    words: ['builds', 'find', 'join', 'sign', 'report', 'prune'],
    more: 'FILE…',
    options: {
      folder: { type: 'string', value: 'F', help: 'the folder that the image is built from' },
      repository: { type: 'string', value: 'R', help: 'where it is: registry and name, without tag' },
      all: { type: 'boolean', help: 'find: every app that is built here' },
      dry,
      builds: {
        type: 'string',
        value: 'FILE',
        help: 'find --all: what image builds wrote, so that no code of an app runs beside a login',
      },
      wait: { type: 'string', value: 'TIME', help: 'find --all: how long to wait for what is being built: 30m' },
      out: {
        type: 'string',
        value: 'FILE',
        help: 'builds: write the list; find --all: write the lines that --images reads, when all are there',
      },
      platform: {
        type: 'string',
        multiple: true,
        value: 'OS/ARCH',
        help: 'join: what there must be (default: linux/amd64 and linux/arm64)',
      },
      digest: { type: 'string', value: 'D', help: 'sign: the image' },
      version: { type: 'string', value: 'V', help: 'sign: its tag for people (default: by package.json and git)' },
      sbom: { type: 'string', value: 'FILE', help: 'sign: what is in it, in CycloneDX' },
      'copy-to': { type: 'string', value: 'R', help: 'sign: a second repository, which gets it with its signatures' },
      within: { type: 'string', value: 'TIME', help: 'report: what prune would take so much later: 14d' },
      remote,
      'dry-run': dryRun,
      json,
    },
    examples: [
      'slipway image find --folder service --repository registry.gitlab.com/example/slipway/counter',
      'slipway image builds --out builds.json',
      'slipway image find --all --builds builds.json --wait 30m --out images.txt',
      'slipway image join --folder service --repository R amd64.json arm64.json',
      'slipway image sign --folder service --repository R --digest sha256:… --sbom sbom.json',
      'slipway image report --within 14d',
      'slipway image prune --dry-run',
    ],
  },
  verify: {
    summary: 'prove that a branch holds what its source renders, and nothing else',
    about:
      '--env proves by tree ids that every part of the tip stood at that very path of rendered; it needs no npm ci. --rendered\nrenders every published commit again, with the packages that it locks, and compares. --all does both, for every\nenvironment, and one that is not proven stops no other. Findings end with exit code 1.\n--proposal judges a request onto the branch before it is merged: where it stands, what it brings, by which order, what\npolicies say of it, and what its text claims. Exit code 0: verified; 1: wrong; 3: a person has to look, since it comes\nfrom no proposal branch or its text tells nothing.',
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
  status: {
    summary: 'what runs where, since when, from which commit, and what is held',
    about: 'Reads the branches; asks Argo CD for health when ARGOCD_SERVER and ARGOCD_AUTH_TOKEN are set.',
    options: { remote, json },
    examples: ['slipway status', 'slipway status --remote local --json'],
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
  excuses: {
    summary: 'which policies are broken by leave, why, and until when',
    about:
      'Reads what was published last. The exit code is 1 when an excuse has ended: a scheduled pipeline runs this, since\nno publish, promotion or rollback stops for it.',
    options: { remote, json },
    examples: ['slipway excuses', 'slipway excuses --json'],
  },
  announce: {
    summary: 'tell GitLab and GitHub which commits are deployed where',
    about:
      'Each commit of main of which something stands in an environment gets the status slipway/<environment>; on GitHub the\nnewest one gets a deployment, too. Asks Argo CD how it goes when ARGOCD_SERVER and ARGOCD_AUTH_TOKEN are set. What is\nsaid already is not said again: a scheduled pipeline may run this as often as it likes.',
    options: { remote, 'dry-run': dryRun, json },
    examples: ['slipway announce', 'slipway announce --dry-run'],
  },
  doctor: {
    summary: 'whether the machine and the forge are set up so that the promises hold',
    about:
      'Looks at git and the branches and, at GitLab (with SLIPWAY_TOKEN, CI_SERVER_URL and CI_PROJECT_ID), at who may push\nand merge what, how requests are merged, what pipelines may, their secrets, and the tokens. Says the remedy for each\nthat is wrong: a setting, and the call of glab where one does it. Changes nothing. What it may not read is unknown,\nand no failure; the exit code is 1 when something is wrong.',
    options: { remote, json },
    examples: ['slipway doctor', 'slipway doctor --remote local --json'],
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
};

const everywhere: Readonly<Record<string, Option>> = {
  help: { type: 'boolean', help: 'print this' },
  debug: { type: 'boolean', help: 'print the stack trace of an error' },
};

/** The options of a verb and those that every verb has. */
export const optionsOf = (verb: Verb): Readonly<Record<string, Option>> => ({ ...verb.options, ...everywhere });

/** The help of one verb. */
export function helpOf(name: string, verb: Verb): string {
  const rows = Object.entries(optionsOf(verb)).map(([option, { value, help }]) => [
    `--${option}${value ? ` ${value}` : ''}`,
    help,
  ]);
  const words = verb.words ? [verb.words.join('|'), ...(verb.more ? [`[${verb.more}]`] : [])] : (verb.takes ?? []);
  return `slipway ${[name, ...words].join(' ')} [options]: ${verb.summary}

${verb.about}

${aligned(rows as [string, string][])}

Examples:
${verb.examples.map((example) => `  ${example.startsWith('npm') ? '' : 'npx '}${example}`).join('\n')}
`;
}

/** The help of the whole command. */
export function help(): string {
  return `Slipway: apps in TypeScript, environments as branches, promotion by merge request, rollback by git revert.

  npx slipway VERB [options]

${aligned(Object.entries(verbs).map(([name, { summary }]) => [name, summary]))}

npx slipway VERB --help tells more. Exit codes: 0 done (also when there was nothing to do), 1 failed, 2 called wrongly,
3 answered with no, which is no fault.

Environment: SLIPWAY_TOKEN (GitLab, scope api), CI_SERVER_URL and CI_PROJECT_ID (set by GitLab CI), SLIPWAY_PROJECT
(instead of the latter, group/name: for the pipeline of another repository that calls bump --open),
ARGOCD_SERVER and ARGOCD_AUTH_TOKEN (Argo CD), PROMETHEUS_URL and PROMETHEUS_TOKEN (Prometheus; the token only where it
asks for one), SLIPWAY_REPOSITORY_TOKEN (what a cluster's Argo CD reads the repository with, for bootstrap),
SLIPWAY_SIGNING_KEY and SLIPWAY_VERIFICATION_KEY (who signs images, for image),
SLIPWAY_WORLD (the local world's folder), GITHUB_REPOSITORY (owner/name), GITHUB_TOKEN and GITHUB_API_URL (a mirror on
GitHub, for announce).
`;
}

function aligned(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}

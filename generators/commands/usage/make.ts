import type { Verb } from '../usage.ts';
import { dry, dryRun, image, images, json, keepGoing, remote, workTree } from './options.ts';

/** What writes or builds what is moved. */
export const make: Readonly<Record<string, Verb>> = {
  new: {
    summary: 'write the folder of a new app, and add it to the list',
    about: `What it writes runs as it is and passes every check: change it into what it shall be. Kinds:
  web        a service that answers HTTP
  worker     a program that runs all the time
  job        a program that runs by the clock
  store      one pod with a volume
  agent      a program on every node
  manifests  objects that somebody else wrote`,
    takes: ['app', 'NAME'],
    options: {
      kind: { type: 'string', value: 'KIND', help: 'what kind of app (default: web)' },
      owner: { type: 'string', value: 'TEAM', help: 'the team that answers for it (default: team-NAME)' },
      'dry-run': dryRun,
      json,
    },
    examples: ['slipway new app shop', 'slipway new app shop-report --kind job --owner team-shop'],
  },
  render: {
    summary: "print an environment's manifests, or bundle all of them for publish --from",
    about:
      'Renders a commit, or with --work-tree what is saved here, and needs no network and no credential. With --env it prints;\nwith --all --bundle it writes a file that another job publishes. An app that did not change since what the clone knows\nof the branch rendered is named in the bundle, not rendered.',
    options: {
      dry,
      'work-tree': workTree,
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
      'slipway render --env dev --app counter --work-tree',
      'slipway render --env production --app counter --out /tmp/production',
      'slipway render --all --bundle rendered.jsonl --images images.txt',
    ],
  },
  dev: {
    summary: 'run what is saved, and show what each save changes',
    about:
      'Runs the apps whose source stands here (service/) beside a Redis of their own, and starts them again at each save: the\nnew one answers before the old one leaves, and where it does not start, the old one goes on. What is saved in apps/,\nclusters/ and generators/ is rendered and held against what HEAD renders, committed or not. It ends with Ctrl-C (exit code 0) and\nleaves nothing behind; what Redis held is gone then. Without Redis, or for apps built elsewhere, it renders and compares.\nNamed apps are the only ones that run and are shown.',
    takes: ['[APP…]'],
    options: {
      env: {
        type: 'string',
        value: 'E',
        help: 'only this environment (default: all; what is the same in several stands once)',
      },
      port: {
        type: 'string',
        value: 'N',
        help: 'where the service answers (default: the port of its definition, if it is free)',
      },
      logs: { type: 'boolean', help: 'print all that the service says, not warnings and errors alone' },
    },
    examples: ['slipway dev', 'slipway dev counter --env production', 'slipway dev --port 8080 --logs'],
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
};

import type { Manifest } from './manifest.ts';

/**
 * What an app's folder exports as `app`: data, and at most one function (`patch`). Every field is one sentence;
 * `app-schema.ts` checks them.
 */
export type App = Web | Worker | Job | Store | Agent | Manifests | Platform;

/** What `apps/index.ts` exports: `{ counter: () => import('./counter/app.ts') }`, under the names of the folders. */
export type Apps = Readonly<Record<string, () => Promise<{ readonly app: App }>>>;

/** What `apps/index.ts` exports as `removed`: by app, why it, or more than a tenth of an environment with it, was taken out. */
export type Removed = Readonly<Record<string, string>>;

/** A service that answers HTTP, reached from outside at `<name>.<domain of the environment>`. */
export interface Web extends Program, Serving {
  readonly kind: 'web';
  /** The port that the container listens on; it is told so by the variable `PORT`. */
  readonly port: number;
  /** The path that answers 200 when the pod may receive requests. @default '/readyz' */
  readonly ready?: string;
  /** The path that answers 200 while the process is alive; it never depends on another service. @default '/healthz' */
  readonly live?: string;
  /** The names by which it is reached from outside, by HTTPS; `[]` keeps it inside. @default `<name>.<domain>` */
  readonly hosts?: readonly string[];
  /** The path under those names that is its own. @default '/' */
  readonly path?: string;
  /** The share of requests that must succeed, in percent over 30 days: `99.9`; or that, and how many within which time. It needs `metrics`. @default none */
  readonly objective?: number | Objective;
  /** What is asked of its public hosts from outside, all the time; where it has none, nobody asks. @default nothing */
  readonly probe?: Probe;
  /** Runs to its end before a version starts. @default none */
  readonly migration?: Migration;
  /** What differs by environment: `{ production: { replicas: 4 } }`. @default {} */
  readonly in?: In<Web>;
}

/** A program that runs all the time and that nobody outside calls. */
export interface Worker extends Program, Serving {
  readonly kind: 'worker';
  /** The port at which other apps call it, as `<name>:<port>`. @default none: nobody does */
  readonly port?: number;
  /** For scope cluster: who calls it beside the apps that say so in `calls`: every app of an environment may. @default nobody */
  readonly serves?: 'environments';
  /** When it may be called: a path that answers 200, or a command that exits 0. @default its port is open */
  readonly ready?: string | Command;
  /** While it is alive: a path that answers 200, or a command that exits 0. @default its port is open */
  readonly live?: string | Command;
  /** Runs to its end before a version starts. @default none */
  readonly migration?: Migration;
  /** What differs by environment. @default {} */
  readonly in?: In<Worker>;
}

/** A program that runs to its end, again and again. */
export interface Job extends Program {
  readonly kind: 'job';
  /** When it starts, as cron says it: `'15 2 * * *'`. */
  readonly schedule: string;
  /** The time zone of the schedule. @default 'Etc/UTC' */
  readonly timeZone?: string;
  /** How long one run may take before it is ended: `'30m'`. */
  readonly deadline: string;
  /** How often a run that failed is tried again. @default 2 */
  readonly retries?: number;
  /** What differs by environment. @default {} */
  readonly in?: In<Job>;
}

/** One pod with a volume that outlives it, reached inside its environment as `<name>:<port>`. */
export interface Store extends Program {
  readonly kind: 'store';
  /** The port that the container listens on. */
  readonly port: number;
  /** When it may be used: a path that answers 200, or a command that exits 0. @default its port is open */
  readonly ready?: string | Command;
  /** While it is alive: a path that answers 200, or a command that exits 0. @default none: a slow disk is no reason to kill it */
  readonly live?: string | Command;
  /** Where the container sees its volume, and the volume's size: `{ path: '/data', size: '1Gi' }`. */
  readonly volume: Volume;
  /** Says that it cannot have a second pod: production runs it alone, and every report names it. @default false */
  readonly single?: boolean;
  /** What differs by environment. @default {} */
  readonly in?: In<Store>;
}

/** A program that runs once on every node. */
export interface Agent extends Program {
  readonly kind: 'agent';
  /** The port that the container listens on. @default none */
  readonly port?: number;
  /** When it works: a path that answers 200, or a command that exits 0. @default its port is open */
  readonly ready?: string | Command;
  /** While it is alive: a path that answers 200, or a command that exits 0. @default its port is open */
  readonly live?: string | Command;
  /** Folders of the node that it may read, by where the container sees them; each wants an excuse. @default {} */
  readonly node?: Readonly<Record<string, string>>;
  /** What differs by environment. @default {} */
  readonly in?: In<Agent>;
}

/** Manifests as somebody else wrote or rendered them, committed in the app's folder. */
export interface Manifests extends AnyApp {
  readonly kind: 'manifests';
  /** The files, relative to the app's folder; each holds one or more objects. */
  readonly files: readonly string[];
  /** What people call it: the version of what was rendered. */
  readonly version: string;
  /** What differs by environment. @default {} */
  readonly in?: In<Manifests>;
}

/** What this repository itself needs on a cluster, computed from `clusters/environments.ts`. */
export interface Platform extends AnyApp {
  readonly kind: 'platform';
  readonly scope: 'cluster';
  /** Which share of it: each is one app, so that each can be taken back by itself. */
  readonly provides: Provision;
}

/**
 * - `classes`: what volumes, load balancers and nodes are made of
 * - `namespaces`: one for each environment, with what it may use and whom it may reach
 * - `policies`: what the API server refuses there
 * - `monitoring`: what Prometheus may read, or what an operator's shall
 * - `argocd`: Argo CD's configuration, and what each environment's branch may do
 * - `dashboards`: what people look at in Grafana
 */
export type Provision = 'classes' | 'namespaces' | 'policies' | 'monitoring' | 'argocd' | 'dashboards';

interface AnyApp {
  /**
   * The app's name: its folder under `apps/`, and the name of its objects. A DNS label of at most 40 characters that does
   * not end in `-migrate`, `-rules` or `-probes`.
   */
  readonly name: string;
  /** The team that answers for it: `'team-platform'`. */
  readonly owner: string;
  /** Where it belongs: in every environment, or once on every cluster (`env/platform-<cluster>`). @default 'environment' */
  readonly scope?: 'environment' | 'cluster';
  /** For scope cluster: its namespace, one of those that `clusters/environments.ts` lists. */
  readonly namespace?: string;
  /** The profiles of clusters that it runs on; on others its part is empty. @default every one */
  readonly profiles?: readonly ('eks' | 'local')[];
  /** What `monitoring` of a cluster must be for it to run there; on others its part is empty. @default any */
  readonly monitoring?: readonly ('slipway' | 'operator' | 'none')[];
  /** Policies that it may break, each with a reason and an end. @default [] */
  readonly excuses?: readonly Excuse[];
  /** Changes the finished objects, where no field says what is needed; Argo CD's UI shows that it does. @default none */
  readonly patch?: Patch;
}

/** What runs a container of its own. */
interface Program extends AnyApp, Run {
  /** Its image: built from a folder of this repository, or pinned as `registry/name:tag@sha256:…`. */
  readonly image: string | BuiltImage;
  /** What its image was built from, in a repository of its own: `slipway bump` moves both together. @default none */
  readonly source?: Source;
  /**
   * Files that the container finds, by absolute path; a change rolls the pods. Each is a text, or is computed from
   * `clusters/environments.ts` or the commit. @default {}
   */
  readonly files?: Readonly<Record<string, string | Computed>>;
  /** Secrets that the container finds as files under `/secrets`, by file name. @default {} */
  readonly secrets?: Readonly<Record<string, Secret>>;
  /** Folders that it may write and that end with the pod, with their size: `{ '/tmp': '64Mi' }`. @default {} */
  readonly scratch?: Readonly<Record<string, string>>;
  /** The numeric user and group that it runs as. @default 65532, as distroless images do */
  readonly user?: User;
  /** Containers that run to their end before it starts, in this order. @default [] */
  readonly before?: readonly Container[];
  /** Containers that run beside it, and start before it. @default [] */
  readonly beside?: readonly Container[];
  /**
   * Apps of its environment that it calls; it reaches no other. One of scope cluster may call those of another namespace:
   * `'loki.monitoring'`. @default []
   */
  readonly calls?: readonly string[];
  /** Ports that it reaches outside the cluster. @default [] */
  readonly outside?: readonly number[];
  /** What it may do in AWS: the name of a role that its cluster grants to its service account. @default none */
  readonly identity?: string;
  /** What it may do in its own namespace by the Kubernetes API. @default nothing: it has no token */
  readonly rights?: readonly Right[];
  /** Where Prometheus reads its metrics. @default none */
  readonly metrics?: Metrics;
  /** For scope cluster: it reaches every pod that says its metrics, and the programs of nodes that do. @default false */
  readonly scrapes?: boolean;
  /** For scope environment: it sends traces to its cluster's collector, whose address it finds in `OTEL_EXPORTER_OTLP_ENDPOINT`. @default false */
  readonly traces?: boolean;
  /** What somebody must be told that only this app knows; the rest is watched without a word. @default [] */
  readonly alerts?: readonly Alert[];
  /** The processors that its image is built for. @default ['arm64', 'amd64'] */
  readonly processors?: readonly Processor[];
  /** Seconds that it has to finish after SIGTERM. @default 30 */
  readonly grace?: number;
}

/** What runs in as many pods as are needed. */
interface Serving {
  /** How many pods. @default the environment's `replicas` */
  readonly replicas?: number;
  /** Lets their number follow the load, from `replicas` on. @default none */
  readonly scale?: Scale;
}

/** How a container is started. */
interface Run {
  /** What is run instead of the image's entry point. @default the image's */
  readonly command?: Command;
  /** The arguments. @default [] */
  readonly args?: readonly string[];
  /** Environment variables. @default {} */
  readonly env?: Readonly<Record<string, string>>;
  /** What it needs. @default the environment's `resources` */
  readonly resources?: Resources;
}

/** The text of a file that follows from the clusters and environments, or from the commit. */
export interface Computed {
  /**
   * - `prometheus`: what Prometheus reads on this cluster, and where it sends alerts
   * - `platform-rules`: what it watches there beside the apps
   * - `grafana`: how Grafana runs there, and who signs in to it
   * - `cloud-watch`: where Grafana asks what AWS measures of load balancers
   * - `gatherer`: the program for Node that makes files of the ConfigMaps with rules, probes or dashboards
   * - `program`: git's tree of `generators/`, for a pod that runs Slipway itself: it rolls when that changes
   */
  readonly computed: 'prometheus' | 'platform-rules' | 'grafana' | 'cloud-watch' | 'gatherer' | 'program';
}

/** A container beside the app's own: it sees the same files, secrets and scratch folders. */
export interface Container extends Run {
  /** A DNS label; the app's own container is named like the app. */
  readonly name: string;
  /** Its image, pinned. @default the app's own */
  readonly image?: string;
}

/** What differs in one environment: records are merged by key, everything else is replaced. */
export type In<T> = Readonly<
  Record<
    string,
    Partial<
      Omit<
        T,
        | ('kind' | 'name' | 'owner' | 'scope' | 'namespace' | 'profiles' | 'monitoring' | 'image')
        | 'source'
        | 'excuses'
        | 'patch'
        | 'in'
      >
    >
  >
>;

/** An image that the pipeline builds. */
export interface BuiltImage {
  /** Where the pipeline pushes it: registry and name, without tag. */
  readonly repository: string;
  /** The top-level folder of this repository that it is built from. */
  readonly build: string;
}

/** A commit of another repository. Its order there is the order of its images. */
export interface Source {
  /** Where people find it: `'https://gitlab.com/example/shop'`. */
  readonly repository: string;
  /** The whole id. */
  readonly commit: string;
}

/** CPU and memory of one container. Memory that is requested is also the limit; CPU is not limited. */
export interface Resources {
  /** Cores, as Kubernetes writes them: `'100m'` is a tenth of one. */
  readonly cpu: string;
  /** Memory: `'128Mi'`. */
  readonly memory: string;
}

/** Neither is root. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

export interface Volume {
  /** Where the container sees it. */
  readonly path: string;
  /** `'10Gi'`. */
  readonly size: string;
  /** The StorageClass. @default the cluster's `storage` */
  readonly class?: string;
}

/** The most that an app runs in, and when it runs in more. */
export interface Scale {
  /** At most so many pods. */
  readonly max: number;
  /** The share of the requested CPU to keep to, in percent. @default 70 when `memory` is not given */
  readonly cpu?: number;
  /** The share of the requested memory to keep to, in percent. @default none */
  readonly memory?: number;
}

/** What a service promises to those who call it, over 30 days. */
export interface Objective {
  /** The share of requests that must succeed, in percent: `99.9`. */
  readonly availability: number;
  /** How many of those that succeed must do so within which time. @default no time is promised */
  readonly latency?: Latency;
}

export interface Latency {
  /** The share of requests, in percent: `99`. */
  readonly share: number;
  /** Seconds: one of the bounds that OpenTelemetry gives to `http.server.request.duration`, as `0.25`. */
  readonly within: number;
}

/** What a visitor would ask. It must answer 200, by HTTPS with a certificate that holds. */
export interface Probe {
  /** @default the app's own path */
  readonly path?: string;
  /** What the answer must say, in one line: `'<title>Shop</title>'`. @default anything */
  readonly text?: string;
  /** A path whose answer must have the version of the part as a word: `'/version'`. @default none: no version is asked for */
  readonly version?: string;
}

/** A rule of Prometheus that somebody is told of. In its texts `{{ $value }}` and the like are Prometheus' own. */
export interface Alert {
  /** As in `CounterCannotCount`; the name of its page in `clusters/runbooks/` follows from it. */
  readonly name: string;
  /** PromQL, in which `$namespace` and `$app` stand for the environment's and the app's name. */
  readonly expr: string;
  /** How long it must be so: `'1m'`. */
  readonly for: string;
  /** Whether somebody is woken (`page`), or reads it in the morning (`ticket`). */
  readonly severity: 'page' | 'ticket';
  /** What is wrong, in a sentence. */
  readonly summary: string;
  /** What to look at, and what not to do. */
  readonly look: string;
  /** Where it is told how to help. @default its page in `clusters/runbooks/` */
  readonly runbook?: string;
}

export interface Metrics {
  /** @default the app's own port */
  readonly port?: number;
  /** @default '/metrics' */
  readonly path?: string;
}

/** Some verbs on some resources: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#role-and-clusterrole */
export interface Right {
  /** The API group: `'batch'`. @default '', the core of Kubernetes */
  readonly group?: string;
  /** `['pods', 'pods/log']`. */
  readonly resources: readonly string[];
  /** `['get', 'list', 'watch']`. */
  readonly verbs: readonly Verb[];
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** One version of a secret in AWS Secrets Manager: a new one is a commit, and rolls the pods. */
export interface Secret {
  /** Its name there: `'slipway-production/counter/token'`. */
  readonly name: string;
  /** The id of the version. */
  readonly version: string;
}

/** A Job that Argo CD runs before it syncs a version. */
export interface Migration extends Run {
  /** How long it may take: `'10m'`. */
  readonly deadline: string;
  /** Whether the version before can run on what it leaves. Crossing one that is not is said first in a request. */
  readonly reversible: boolean;
}

/** Lets objects of the app break a policy. */
export interface Excuse {
  /** The id of the policy. */
  readonly policy: string;
  /** Why it must be so. */
  readonly reason: string;
  /** Who answers for it. */
  readonly owner: string;
  /** The last day, as `'2027-01-31'`: afterwards reviews and the scheduled report fail, never a publish. */
  readonly until: string;
  /** The one object that is meant: `'DaemonSet/collector'`. @default every object of the app */
  readonly object?: string | undefined;
}

/** A program and its arguments, as a list. */
export type Command = readonly string[];
export type Processor = 'arm64' | 'amd64';

/** A function over the finished objects of one environment. */
export type Patch = (objects: readonly Manifest[], environment: string) => readonly Manifest[];

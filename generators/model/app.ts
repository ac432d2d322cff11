/** What an app's folder exports: data only. Every field is one sentence; `app-schema.ts` checks them. */
export type App = WebService | Store;

/** What `apps/index.ts` exports: `{ counter: () => import('./counter/app.ts') }`, under the names of the folders. */
export type Apps = Readonly<Record<string, () => Promise<{ readonly app: App }>>>;

/** A service that answers HTTP, reached by the host `<name>.<domain of the environment>`. */
export interface WebService extends AnyApp {
  readonly kind: 'web';
  /** Its image: built from a folder of this repository, or pinned as `registry/name:tag@sha256:…`. */
  readonly image: string | BuiltImage;
  /** The port that the container listens on; it is told so by the variable `PORT`. */
  readonly port: number;
  /** Answers 200 when the pod may receive requests. @default '/readyz' */
  readonly ready?: string;
  /** Answers 200 while the process is alive; never depends on another service. @default '/healthz' */
  readonly live?: string;
  /** Further environment variables, the same in every environment. @default {} */
  readonly env?: Readonly<Record<string, string>>;
  /** How many pods. @default the environment's `replicas` */
  readonly replicas?: number;
  /** Seconds that a pod has to finish its requests after SIGTERM. @default 30 */
  readonly grace?: number;
}

/** One pod with a volume that outlives it, reached inside its environment as `<name>:<port>`. */
export interface Store extends AnyApp {
  readonly kind: 'store';
  /** Its image, pinned as `registry/name:tag@sha256:…`. */
  readonly image: string;
  /** The port that the container listens on. */
  readonly port: number;
  /** The container's arguments. @default [] */
  readonly args?: readonly string[];
  /** A command that exits 0 when the store may be used. */
  readonly ready: readonly string[];
  /** The numeric user and group that the image runs as and that own the volume; neither is root. */
  readonly user: { readonly uid: number; readonly gid: number };
  /** Where the container sees its volume, and the volume's size: `{ path: '/data', size: '1Gi' }`. */
  readonly volume: { readonly path: string; readonly size: string };
  /** Seconds that it has to write its data after SIGTERM. @default 30 */
  readonly grace?: number;
}

interface AnyApp {
  /** The app's name: its folder under `apps/`, and the name of its objects. A DNS label of at most 40 characters. */
  readonly name: string;
  /** The team that answers for it: `'team-platform'`. */
  readonly owner: string;
  /** What it needs. @default the environment's `resources` */
  readonly resources?: Resources;
}

/** An image that the pipeline builds. */
export interface BuiltImage {
  /** Where the pipeline pushes it: registry and name, without tag. */
  readonly repository: string;
  /** The top-level folder of this repository that it is built from. */
  readonly build: string;
}

/** CPU and memory of one container. Memory that is requested is also the limit; CPU is not limited. */
export interface Resources {
  /** Cores, as Kubernetes writes them: `'100m'` is a tenth of one. */
  readonly cpu: string;
  /** Memory: `'128Mi'`. */
  readonly memory: string;
}

/** The part of a pod template that this machine can run, in the words of https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ */
export interface Template {
  readonly metadata?: ObjectMeta;
  readonly spec: PodSpec;
}

/** What an object says about itself. */
export interface ObjectMeta {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface PodSpec {
  readonly restartPolicy?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes?: readonly Volume[];
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly Variable[];
  readonly envFrom?: readonly VariableSource[];
  readonly ports?: readonly ContainerPort[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly lifecycle?: { readonly preStop?: Hook };
  readonly volumeMounts?: readonly Mount[];
  /** `Always` makes a sidecar of an init container. */
  readonly restartPolicy?: string;
}

export interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
  /** @default 'TCP' */
  readonly protocol?: string;
}

export interface Hook {
  readonly exec?: { readonly command: readonly string[] };
  readonly sleep?: { readonly seconds: number };
}

export interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly configMapKeyRef?: KeyReference;
    readonly secretKeyRef?: KeyReference;
    readonly fieldRef?: { readonly fieldPath: string };
    readonly resourceFieldRef?: { readonly resource: string };
  };
}
export interface KeyReference {
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean;
}
export interface VariableSource {
  readonly prefix?: string;
  readonly configMapRef?: Reference;
  readonly secretRef?: Reference;
}
export interface Reference {
  readonly name: string;
  readonly optional?: boolean;
}

export interface Mount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
}
export interface Volume {
  readonly name: string;
  readonly emptyDir?: object | null;
  readonly configMap?: ConfigVolume;
  readonly secret?: { readonly secretName?: string; readonly optional?: boolean };
  readonly persistentVolumeClaim?: { readonly claimName: string };
}
export interface ConfigVolume extends Reference {
  readonly items?: readonly { readonly key: string; readonly path: string }[];
}

/** https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/ */
export interface Probe {
  readonly httpGet?: {
    readonly path?: string;
    readonly port: string | number;
    readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[];
  };
  readonly tcpSocket?: { readonly port: string | number };
  readonly exec?: { readonly command: readonly string[] };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
}

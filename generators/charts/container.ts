import { k8s } from 'cdk8s-plus-27';
import type { Resources } from '../model/app.ts';
import type { Environment } from '../model/environment.ts';

/** Where and as what an app is rendered. */
export interface Placement {
  readonly environment: Environment;
  readonly image: string;
  /** For people: it becomes the label `app.kubernetes.io/version`. */
  readonly version: string;
  /** Variables by which a service of this repository knows itself; empty for third-party images. */
  readonly identity: Readonly<Record<string, string>>;
}

/** What selects an app's pods: immutable once applied, so it holds the name alone. */
export const selector = (app: string) => ({ 'app.kubernetes.io/name': app });

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
export const labels = (app: string, at: Placement) => ({ ...selector(app), 'app.kubernetes.io/version': at.version });

export const objectMeta = (app: string, at: Placement) => ({
  name: app,
  namespace: at.environment.name,
  labels: labels(app, at),
});

/** Memory that is requested is also the limit; CPU has no limit, so that an idle node's time is not wasted. */
export const sized = ({ cpu, memory }: Resources): k8s.ResourceRequirements => ({
  requests: { cpu: k8s.Quantity.fromString(cpu), memory: k8s.Quantity.fromString(memory) },
  limits: { memory: k8s.Quantity.fromString(memory) },
});

// Both as the restricted profile wants: https://kubernetes.io/docs/concepts/security/pod-security-standards/
export const podSecurity = ({ uid, gid }: { uid: number; gid: number }): k8s.PodSecurityContext => ({
  runAsNonRoot: true,
  runAsUser: uid,
  runAsGroup: gid,
  seccompProfile: { type: 'RuntimeDefault' },
});
export const restricted: k8s.SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
};

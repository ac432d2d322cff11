import type { Cluster, Environment } from '../model/environment.ts';

/** How a load balancer speaks to the pods behind it, and when it believes that they work. */
export interface Behind {
  /** @default 'HTTP' */
  readonly protocol?: 'HTTP' | 'HTTPS';
  /** The path that answers 200 when a pod may receive requests. */
  readonly ready: string;
}

/** What answers for the Ingresses of an environment; undefined where the cluster's default does. */
export const ingressClass = ({ ingress, profile }: Cluster, { name }: Pick<Environment, 'name'>): string | undefined =>
  ingress ?? (profile === 'eks' ? name : undefined);

/**
 * What the load balancers of EKS are told of an Ingress, as annotations: HTTPS for people, and HTTP for nothing but to
 * be sent there. Everything else stands in the class, which no environment's branch can change.
 * https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/ and, for what
 * Auto Mode leaves out of it, https://docs.aws.amazon.com/eks/latest/userguide/auto-configure-alb.html
 */
export function loadBalancer(
  { profile }: Pick<Cluster, 'profile'>,
  { ready, protocol = 'HTTP' }: Behind,
): Record<string, string> {
  if (profile !== 'eks') return {};
  const annotations = {
    'listen-ports': '[{"HTTP": 80}, {"HTTPS": 443}]',
    'ssl-redirect': '443',
    // Straight to the pods: a Service needs no port of a node.
    'target-type': 'ip',
    'backend-protocol': protocol,
    // Without it health is asked by HTTP, and who serves HTTPS alone sends that on.
    ...(protocol === 'HTTPS' ? { 'healthcheck-protocol': protocol } : {}),
    'healthcheck-path': ready,
    'success-codes': '200',
  };
  return Object.fromEntries(
    Object.entries(annotations).map(([name, value]) => [`alb.ingress.kubernetes.io/${name}`, value]),
  );
}

import { k8s } from 'cdk8s-plus-27';
import type { Command, Resources, User } from '../model/app.ts';
import type { Placement } from './place.ts';

/** How one container of an app is started. */
export interface Started {
  readonly name: string;
  readonly image?: string | undefined;
  readonly command?: Command | undefined;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly resources?: Resources | undefined;
}

/** A container as the restricted profile wants it: https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
export const container = (
  { name, image, command, args, env, resources }: Started,
  at: Placement,
  rest: Partial<k8s.Container> = {},
): k8s.Container => ({
  name,
  image: image ?? at.image,
  ...(command ? { command: [...command] } : {}),
  ...(args.length > 0 ? { args: [...args] } : {}),
  ...(Object.keys(env).length > 0 ? { env: Object.entries(env).map(([name, value]) => ({ name, value })) } : {}),
  ...rest,
  resources: sized(resources ?? at.environment.resources),
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
  },
});

/** Memory that is requested is also the limit; CPU has no limit, so that an idle node's time is not wasted. */
const sized = ({ cpu, memory }: Resources): k8s.ResourceRequirements => ({
  requests: { cpu: k8s.Quantity.fromString(cpu), memory: k8s.Quantity.fromString(memory) },
  limits: { memory: k8s.Quantity.fromString(memory) },
});

/** What holds for all containers of a pod; who must be root wants an excuse. */
export const podSecurity = ({ uid, gid }: User): k8s.PodSecurityContext => ({
  runAsNonRoot: uid !== 0,
  runAsUser: uid,
  runAsGroup: gid,
  seccompProfile: { type: 'RuntimeDefault' },
});

/** A path that answers 200, a command that exits 0, or a port that is open. */
export function probe(
  how: string | Command | undefined,
  port: string | undefined,
  seconds: { periodSeconds: number; timeoutSeconds: number },
): k8s.Probe | undefined {
  if (typeof how === 'string' && port !== undefined)
    return { httpGet: { path: how, port: k8s.IntOrString.fromString(port) }, ...seconds };
  if (Array.isArray(how)) return { exec: { command: [...how] }, ...seconds };
  return port === undefined ? undefined : { tcpSocket: { port: k8s.IntOrString.fromString(port) }, ...seconds };
}

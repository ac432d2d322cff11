import { container, type ObjectPolicy } from '../policy.ts';

const probe = (name: string) =>
  `container.?${name}.?httpGet.?host.orValue("") == "" && container.?${name}.?tcpSocket.?host.orValue("") == ""`;
const source = 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline';
const says = 'A probe or lifecycle handler must not name a host: the node would call it on behalf of the pod.';

/** A control since Kubernetes 1.34. */
export const probeHosts: readonly ObjectPolicy[] = [
  ...['livenessProbe', 'readinessProbe', 'startupProbe'].map(
    (name): ObjectPolicy => ({
      id: `${name.replace('Probe', '')}-host`,
      says,
      source,
      target: 'container',
      field: name,
      cel: probe(name),
      passes: [container({ [name]: { httpGet: { host: '', path: '/', port: 8080 } } })],
      fails: [
        container({ [name]: { httpGet: { host: '169.254.169.254', path: '/', port: 80 } } }),
        container({ [name]: { tcpSocket: { host: 'example.com', port: 80 } } }),
      ],
    }),
  ),
  ...['postStart', 'preStop'].map(
    (name): ObjectPolicy => ({
      id: `lifecycle-host-${name.toLowerCase()}`,
      says,
      source,
      target: 'container',
      field: `lifecycle.${name}`,
      cel: probe(`lifecycle.?${name}`),
      passes: [container({ lifecycle: { [name]: { httpGet: { path: '/', port: 8080 } } } })],
      fails: [
        container({ lifecycle: { [name]: { httpGet: { host: 'example.com', path: '/', port: 80 } } } }),
        container({ lifecycle: { [name]: { tcpSocket: { host: 'example.com', port: 80 } } } }),
      ],
    }),
  ),
];

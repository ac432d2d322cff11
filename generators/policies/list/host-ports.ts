import { container, type ObjectPolicy } from '../policy.ts';

export const hostPorts: ObjectPolicy = {
  id: 'host-ports',
  says: 'A container must not take a port of its node.',
  source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline',
  target: 'container',
  field: 'ports',
  cel: 'container.?ports.orValue([]).all(port, port.?hostPort.orValue(0) == 0)',
  passes: [container({ ports: [{ name: 'http', containerPort: 8080, hostPort: 0 }] })],
  fails: [container({ ports: [{ name: 'http', containerPort: 8080, hostPort: 8080 }] })],
};

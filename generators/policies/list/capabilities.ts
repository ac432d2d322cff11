import { container, type ObjectPolicy } from '../policy.ts';

const source = 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted';
// The API server itself refuses capabilities in a pod of Windows.
const windows = 'variables.pod.?os.?name.orValue("") == "windows"';

export const capabilities: readonly ObjectPolicy[] = [
  {
    id: 'capabilities-dropped',
    says: 'A container must drop ALL capabilities.',
    source,
    target: 'container',
    field: 'securityContext.capabilities.drop',
    cel: `${windows} || "ALL" in container.?securityContext.?capabilities.?drop.orValue([])`,
    passes: [container({ 'securityContext.capabilities.drop': ['KILL', 'ALL'] })],
    fails: [
      container({ 'securityContext.capabilities.drop': undefined }),
      container({ 'securityContext.capabilities.drop': ['KILL'] }),
    ],
  },
  {
    id: 'capabilities-added',
    says: 'A container may add the capability NET_BIND_SERVICE and no other.',
    source,
    target: 'container',
    field: 'securityContext.capabilities.add',
    cel: `${windows} || container.?securityContext.?capabilities.?add.orValue([]).all(name, name == "NET_BIND_SERVICE")`,
    passes: [container({ 'securityContext.capabilities.add': ['NET_BIND_SERVICE'] })],
    fails: [
      container({ 'securityContext.capabilities.add': ['NET_RAW'] }),
      container({ 'securityContext.capabilities.add': ['NET_BIND_SERVICE', 'CHOWN'] }),
    ],
  },
];

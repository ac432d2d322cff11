import { type ObjectPolicy, planned } from '../policy.ts';

/** A limit without a request is also the request: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/ */
const asked = (name: string) =>
  `has(container.resources) && (has(container.resources.requests) && has(container.resources.requests.${name}) || has(container.resources.limits) && has(container.resources.limits.${name}))`;
const source = 'https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/';

export const resources: readonly ObjectPolicy[] = [
  {
    id: 'cpu-request',
    says: 'A container must say how much CPU it needs, or its node is overbooked.',
    source,
    target: 'planned-container',
    field: 'resources.requests.cpu',
    cel: asked('cpu'),
    passes: [planned({ 'resources.requests.cpu': '10m' })],
    fails: [planned({ 'resources.requests.cpu': undefined })],
  },
  {
    id: 'memory-request',
    says: 'A container must say how much memory it needs, or its node is overbooked.',
    source,
    target: 'planned-container',
    field: 'resources.requests.memory',
    cel: asked('memory'),
    passes: [planned({ 'resources.requests.memory': undefined })],
    fails: [planned({ 'resources.requests.memory': undefined, 'resources.limits': undefined })],
  },
  {
    id: 'memory-limit',
    says: 'A container must have a limit of memory, or a leak takes its neighbours along.',
    source,
    target: 'planned-container',
    field: 'resources.limits.memory',
    cel: 'has(container.resources) && has(container.resources.limits) && has(container.resources.limits.memory)',
    passes: [planned({ 'resources.limits.memory': '1Gi' })],
    fails: [planned({ 'resources.limits.memory': undefined }), planned({ 'resources.limits': undefined })],
  },
];

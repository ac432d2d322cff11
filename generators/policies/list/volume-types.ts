import { type ObjectPolicy, volume } from '../policy.ts';

const types = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/** `hostPath` is a policy of its own, so that an agent that must read its node can be excused from that alone. */
export const volumeTypes: ObjectPolicy = {
  id: 'volume-types',
  says: `A volume must be of one of the types ${types.join(', ')}.`,
  source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted',
  target: 'volume',
  field: '',
  cel: ['hostPath', ...types].map((type) => `has(volume.${type})`).join(' || '),
  passes: [volume({ emptyDir: undefined, downwardAPI: { items: [] } })],
  fails: [
    volume({ emptyDir: undefined, nfs: { server: 'files.example.com', path: '/' } }),
    volume({ emptyDir: undefined, gitRepo: { repository: 'https://example.com/a.git' } }),
  ],
};

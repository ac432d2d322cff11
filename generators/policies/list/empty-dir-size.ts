import { type ObjectPolicy, volume } from '../policy.ts';

export const emptyDirSize: ObjectPolicy = {
  id: 'empty-dir-size',
  says: 'A scratch volume must have a size limit, or it fills its node.',
  source: 'https://kubernetes.io/docs/concepts/storage/volumes/#emptydir',
  target: 'volume',
  field: 'emptyDir.sizeLimit',
  cel: '!has(volume.emptyDir) || has(volume.emptyDir.sizeLimit)',
  passes: [volume({ 'emptyDir.medium': 'Memory' })],
  fails: [volume({ emptyDir: {} }), volume({ emptyDir: { medium: 'Memory' } })],
};

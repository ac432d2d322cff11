import { type ObjectPolicy, volume } from '../policy.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

export const imageVolume: ObjectPolicy = {
  id: 'image-volume',
  says: 'A volume made from an image must name its digest and come from an allowed registry.',
  source: 'https://kubernetes.io/docs/concepts/storage/volumes/#image',
  target: 'volume',
  field: 'image.reference',
  cel:
    '!has(volume.image) || volume.image.reference.matches("^[^@]+@sha256:[0-9a-f]{64}$") && ' +
    'variables.registries.exists(registry, volume.image.reference.startsWith(registry + "/"))',
  passes: [volume({ emptyDir: undefined, image: { reference: `registry.example.com/team/model@${digest}` } })],
  fails: [
    volume({ emptyDir: undefined, image: { reference: 'registry.example.com/team/model:1' } }),
    volume({ emptyDir: undefined, image: { reference: `other.example.com/model@${digest}` } }),
  ],
};

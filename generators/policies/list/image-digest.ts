import { container, type ObjectPolicy } from '../policy.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

export const imageDigest: ObjectPolicy = {
  id: 'image-digest',
  says: 'An image must be pinned by digest, since a tag can move: `npx slipway bump APP REF@sha256:…`.',
  // Without an account nothing is pulled on a cluster of one machine.
  where: { profile: 'eks' },
  source: 'https://kubernetes.io/docs/concepts/containers/images/#image-names',
  target: 'container',
  field: 'image',
  cel: 'container.image.matches("^[^@]+@sha256:[0-9a-f]{64}$")',
  passes: [container({ image: `registry.example.com/team/web@${digest}` })],
  fails: [
    container({ image: 'registry.example.com/team/web:1.4.2' }),
    container({ image: `registry.example.com/team/web:1@${digest}0` }),
  ],
};

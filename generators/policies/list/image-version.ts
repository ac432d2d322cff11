import { container, type ObjectPolicy } from '../policy.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

export const imageVersion: ObjectPolicy = {
  id: 'image-version',
  says: 'An image must name its version, and that is not `latest`.',
  source: 'https://kubernetes.io/docs/concepts/configuration/overview/#container-images',
  target: 'container',
  field: 'image',
  cel: '!container.image.matches(":latest(@|$)") && container.image.matches("(:[A-Za-z0-9_][A-Za-z0-9._-]*|@sha256:[0-9a-f]{64})$")',
  passes: [container({ image: `registry.example.com:5000/team/web:1@${digest}` })],
  fails: [
    container({ image: `registry.example.com/team/web:latest@${digest}` }),
    container({ image: 'registry.example.com/team/web:latest' }),
    container({ image: 'registry.example.com:5000/team/web' }),
  ],
};

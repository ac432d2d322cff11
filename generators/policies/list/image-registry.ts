import { container, type ObjectPolicy } from '../policy.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
// A first component with a dot or a colon is a host; without one the image is Docker Hub's:
// https://github.com/distribution/reference/blob/main/normalize.go
const hub = '!container.image.matches("^([^/]*[.:][^/]*|localhost)/")';
const full =
  '(container.image.contains("/") ? "docker.io/" + container.image : "docker.io/library/" + container.image)';

export const imageRegistry: ObjectPolicy = {
  id: 'image-registry',
  says: 'An image must come from a registry that the environment allows.',
  source: 'https://kubernetes.io/docs/concepts/containers/images/#image-names',
  target: 'container',
  field: 'image',
  cel: `variables.registries.exists(registry, container.image.startsWith(registry + "/") || ${hub} && ${full}.startsWith(registry + "/"))`,
  passes: [
    container({ image: `registry.example.com/team/web:1@${digest}` }),
    container({ image: `redis:8@${digest}` }),
    container({ image: `docker.io/library/redis:8@${digest}` }),
  ],
  fails: [
    container({ image: `registry.example.com.evil.example/team/web:1@${digest}` }),
    container({ image: `someone/redis:8@${digest}` }),
    container({ image: `localhost/redis:8@${digest}` }),
  ],
};

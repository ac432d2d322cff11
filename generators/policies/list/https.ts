import { type Example, type ObjectPolicy, object } from '../policy.ts';

const redirect = 'alb.ingress.kubernetes.io/ssl-redirect';
const ingress = (fields: Readonly<Record<string, unknown>>): Example => object('Ingress/web', fields);

export const https: ObjectPolicy = {
  id: 'https',
  says: `An Ingress must be reached by HTTPS alone: it names its class, has every host of its rules under tls, and sends HTTP on (${redirect}).`,
  where: { profile: 'eks' },
  source: 'https://kubernetes.io/docs/concepts/services-networking/ingress/#tls',
  target: { kinds: ['networking.k8s.io/Ingress'] },
  field: 'spec',
  cel:
    'object.spec.?ingressClassName.orValue("") != "" && !has(object.spec.defaultBackend) && ' +
    'object.spec.?rules.orValue([]).all(rule, object.spec.?tls.orValue([]).exists(tls, rule.?host.orValue("") in tls.?hosts.orValue([]))) && ' +
    `object.metadata.?annotations[?"${redirect}"].orValue("") == "443"`,
  passes: [
    ingress({
      'spec.rules[1]': { host: 'shop.example.com' },
      'spec.tls': [{ hosts: ['shop.example.com'] }, { hosts: ['web.example.com'] }],
    }),
    ingress({ 'metadata.annotations["example.com/more"]': 'yes' }),
  ],
  fails: [
    ingress({ 'spec.ingressClassName': undefined }),
    ingress({ 'spec.ingressClassName': '' }),
    ingress({ 'spec.tls': undefined }),
    ingress({ 'spec.tls': [{ secretName: 'web' }] }),
    ingress({ 'spec.tls': [{ hosts: ['shop.example.com'] }] }),
    ingress({ 'spec.rules[1]': { host: 'shop.example.com' } }),
    ingress({ 'spec.rules[0].host': undefined }),
    ingress({ 'spec.defaultBackend': { service: { name: 'web', port: { name: 'http' } } } }),
    ingress({ 'metadata.annotations': undefined }),
    ingress({ 'metadata.annotations': { [redirect]: '80' } }),
  ],
};

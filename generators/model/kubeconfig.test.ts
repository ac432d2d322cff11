import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessIn, type ConfigFile } from './kubeconfig.ts';
import { readYaml } from './plain-yaml.ts';

const file = (text: string, path = '/home/p/.kube/config'): ConfigFile => ({ path, value: readYaml(text, path) });

const eks = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: Q0E=
    server: https://ABCD.gr7.eu-central-1.eks.amazonaws.com/
  name: arn:aws:eks:eu-central-1:111122223333:cluster/production
contexts:
- context:
    cluster: arn:aws:eks:eu-central-1:111122223333:cluster/production
    user: arn:aws:eks:eu-central-1:111122223333:cluster/production
  name: production
current-context: production
kind: Config
preferences: {}
users:
- name: arn:aws:eks:eu-central-1:111122223333:cluster/production
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args:
      - --region
      - eu-central-1
      - eks
      - get-token
      command: aws
      env:
      - name: AWS_PROFILE
        value: platform
`;

test('a kubeconfig of aws eks is understood', () => {
  assert.deepEqual(accessIn([file(eks)]), {
    context: 'production',
    server: 'https://ABCD.gr7.eu-central-1.eks.amazonaws.com',
    authority: { data: 'Q0E=' },
    serverName: undefined,
    insecure: false,
    certificate: undefined,
    key: undefined,
    token: undefined,
    tokenFile: undefined,
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1beta1',
      command: 'aws',
      args: ['--region', 'eu-central-1', 'eks', 'get-token'],
      from: '/home/p/.kube/config',
      env: { AWS_PROFILE: 'platform' },
      hint: undefined,
      informed: false,
    },
  });
});

const small = (name: string, user = `token: of-${name}`) =>
  `contexts: [{name: ${name}, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://${name}:1", certificate-authority: ca.pem}}]
users: [{name: u, user: {${user}}}]
`;

test('the first file that names something counts, and a file is named with the kubeconfig that names it', () => {
  const files = [file(small('one'), '/a/one'), file(`${small('two')}current-context: two\n`, '/b/two')];
  const found = accessIn(files);
  assert.deepEqual([found.context, found.server, found.token], ['two', 'https://one:1', 'of-one']);
  assert.deepEqual(found.authority, { file: { path: 'ca.pem', from: '/a/one' } });
  assert.equal(accessIn(files, 'one').context, 'one');
  const own = file(small('x', 'client-certificate: crt.pem, client-key-data: a2V5, tokenFile: t'), '/c/x');
  const { certificate, key, tokenFile } = accessIn([own], 'x');
  assert.deepEqual(
    [certificate, key, tokenFile],
    [{ file: { path: 'crt.pem', from: '/c/x' } }, { data: 'a2V5' }, { path: 't', from: '/c/x' }],
  );
});

test('what is missing or not known is named, with its file and field', () => {
  const changed = (from: string, to: string) => file(eks.replace(from, to));
  const table: readonly (readonly [ConfigFile, string | undefined, RegExp])[] = [
    [file(eks), 'prod', /^--context prod: .*known are production|did you mean production/],
    [file(eks), 'productoin', /did you mean production\?/],
    [
      changed('current-context: production\n', ''),
      undefined,
      /no current-context; name one with --context \(production\)/,
    ],
    [file('[]'), undefined, /is no kubeconfig/],
    [file('kind: Pod'), undefined, /is no kubeconfig/],
    [changed('    cluster: arn', '    cluster: brn'), undefined, /contexts\.production\.cluster is brn.*no such entry/],
    [changed('https://ABCD', 'ABCD'), undefined, /\.server is "ABCD.*not an address/],
    [
      changed('    server:', '    proxy-url: http://p:1\n    server:'),
      undefined,
      /proxy-url is "http:\/\/p:1", and Slipway speaks to no proxy/,
    ],
    [changed('v1beta1', 'v1alpha1'), undefined, /exec\.apiVersion is .*known are .*update-kubeconfig/],
    [changed('      command: aws\n', ''), undefined, /exec\.command is missing/],
    [file(small('x', 'username: a, password: b')), 'x', /users\.u\.username is not known here/],
    [file(small('x', 'auth-provider: {name: gcp}')), 'x', /users\.u\.auth-provider is not known here/],
    [file(small('x', 'token: 7')), 'x', /users\.u\.token is 7, not a text/],
    [file('contexts: {a: 1}'), 'x', /contexts must be a list of entries with a name/],
  ];
  for (const [config, context, message] of table) assert.throws(() => accessIn([config], context), { message });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ingressTargets, podTargets } from './targets.ts';

test('a pod is a target at each port that it has here, under the labels that Kubernetes gives', () => {
  const pod = {
    id: 'counter-1',
    ready: false,
    metadata: {
      labels: { 'app.kubernetes.io/name': 'counter' },
      annotations: { 'slipway.dev/metrics-path': '/metrics' },
    },
    spec: {
      initContainers: [{ name: 'beside', image: 'b', ports: [{ name: 'metrics', containerPort: 9000 }] }],
      containers: [
        { name: 'counter', image: 'c', ports: [{ name: 'http', containerPort: 3000 }, { containerPort: 1 }] },
      ],
    },
    port: (target: string | number) =>
      new Map<string | number, number>([
        [3000, 18_003],
        [9000, 18_009],
      ]).get(target),
  };
  const found = podTargets('staging', pod);
  assert.deepEqual(
    found.map(({ targets }) => targets),
    [['127.0.0.1:18009'], ['127.0.0.1:18003']],
    'what has no port of this machine yet is none',
  );
  assert.deepEqual(found[1]?.labels, {
    __meta_kubernetes_namespace: 'staging',
    __meta_kubernetes_pod_name: 'counter-1',
    __meta_kubernetes_pod_ip: '127.0.0.1',
    __meta_kubernetes_pod_ready: 'false',
    __meta_kubernetes_pod_phase: 'Running',
    __meta_kubernetes_pod_label_app_kubernetes_io_name: 'counter',
    __meta_kubernetes_pod_labelpresent_app_kubernetes_io_name: 'true',
    __meta_kubernetes_pod_annotation_slipway_dev_metrics_path: '/metrics',
    __meta_kubernetes_pod_annotationpresent_slipway_dev_metrics_path: 'true',
    __meta_kubernetes_pod_container_name: 'counter',
    __meta_kubernetes_pod_container_image: 'c',
    __meta_kubernetes_pod_container_init: 'false',
    __meta_kubernetes_pod_container_port_name: 'http',
    __meta_kubernetes_pod_container_port_number: '3000',
    __meta_kubernetes_pod_container_port_protocol: 'TCP',
  });
  assert.equal(found[0]?.labels.__meta_kubernetes_pod_container_init, 'true');
});

test('an Ingress is a target for each host and path, reached at the proxy', () => {
  const ingress = { name: 'counter', className: 'dev', labels: {}, annotations: { 'slipway.dev/probe-path': '/' } };
  const [found] = ingressTargets(
    'dev',
    [{ host: 'a.example.com', path: '/', service: 'a', ingress }],
    '127.0.0.1:8080',
  );
  assert.deepEqual(found, {
    targets: ['127.0.0.1:8080'],
    labels: {
      __meta_kubernetes_namespace: 'dev',
      __meta_kubernetes_ingress_name: 'counter',
      __meta_kubernetes_ingress_class_name: 'dev',
      __meta_kubernetes_ingress_annotation_slipway_dev_probe_path: '/',
      __meta_kubernetes_ingress_annotationpresent_slipway_dev_probe_path: 'true',
      __meta_kubernetes_ingress_scheme: 'http',
      __meta_kubernetes_ingress_host: 'a.example.com',
      __meta_kubernetes_ingress_path: '/',
    },
  });
});

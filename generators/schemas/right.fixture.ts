import { loadAll } from 'js-yaml';

type Steps = readonly (string | number)[];
type Holder = Record<string | number, unknown>;

/** One good object of this kind, to be changed. */
export const good = (kind: string): Holder => {
  const object = right.find((candidate) => candidate.kind === kind);
  if (!object) throw new Error(`There is no good ${kind}`);
  return structuredClone(object);
};

/** `spec.ports[0]["a.b"]` → `['spec', 'ports', 0, 'a.b']` */
export const stepsOf = (field: string): Steps =>
  [...field.matchAll(/([\w$-]+)|\[(\d+)\]|\["([^"]+)"\]/g)].map(([, name, index, quoted]) =>
    index === undefined ? (name ?? quoted ?? '') : Number(index),
  );

/** Puts a value at a field of an object, which stands there already or not; `undefined` takes the field away. */
export function put(object: Holder, field: string, value: unknown): void {
  const steps = stepsOf(field);
  const holder = steps.slice(0, -1).reduce((at, step) => {
    at[step] ??= {};
    return at[step] as Holder;
  }, object);
  const last = steps.at(-1) ?? '';
  if (value === undefined) delete holder[last];
  else holder[last] = value;
}

const yaml = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  namespace: default
  labels:
    app.kubernetes.io/name: shop
    app.kubernetes.io/version: '4.2'
  annotations:
    Example.org/contact: the team's page
spec:
  replicas: 2
  revisionHistoryLimit: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: shop
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 25%
  template:
    metadata:
      labels:
        app.kubernetes.io/name: shop
    spec:
      serviceAccountName: shop
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 30
      nodeSelector:
        kubernetes.io/arch: arm64
      tolerations:
        - key: example.org/spot
          operator: Exists
          effect: NoSchedule
      securityContext:
        runAsNonRoot: true
        runAsUser: 1000
        fsGroup: 1000
        seccompProfile:
          type: RuntimeDefault
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              app.kubernetes.io/name: shop
      initContainers:
        - name: proxy
          image: registry.example.org/proxy:1
          restartPolicy: Always
      containers:
        - name: shop
          image: registry.example.org/shop:4.2
          imagePullPolicy: IfNotPresent
          command: [node]
          args: [server.js]
          env:
            - name: PORT
              value: '8000'
            - name: TOKEN
              valueFrom:
                secretKeyRef:
                  name: shop
                  key: token
            - name: MEMORY
              valueFrom:
                resourceFieldRef:
                  resource: limits.memory
                  divisor: 1Mi
          ports:
            - name: http
              containerPort: 8000
            - name: http-udp
              containerPort: 8000
              protocol: UDP
          startupProbe:
            tcpSocket:
              port: 8000
          livenessProbe:
            httpGet:
              path: /healthz
              port: http
              scheme: HTTP
            periodSeconds: 10
          resources:
            requests:
              cpu: 50m
              memory: 64Mi
            limits:
              memory: 1e8
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            - name: scratch
              mountPath: /tmp
            - name: files
              mountPath: /etc/shop
              readOnly: true
      volumes:
        - name: scratch
          emptyDir:
            sizeLimit: 64Mi
        - name: files
          configMap:
            name: shop
            defaultMode: 292
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: store
  namespace: default
spec:
  replicas: 1
  serviceName: store
  selector:
    matchLabels:
      app: store
  persistentVolumeClaimRetentionPolicy:
    whenDeleted: Retain
    whenScaled: Retain
  template:
    metadata:
      labels:
        app: store
    spec:
      containers:
        - name: store
          image: registry.example.org/store:1
          readinessProbe:
            exec:
              command: [store, ping]
          volumeMounts:
            - name: data
              mountPath: /data
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: gp3
        resources:
          requests:
            storage: 8Gi
---
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
  namespace: default
spec:
  updateStrategy:
    type: RollingUpdate
  selector:
    matchExpressions:
      - key: app
        operator: In
        values: [agent]
  template:
    metadata:
      labels:
        app: agent
    spec:
      hostNetwork: true
      dnsPolicy: ClusterFirstWithHostNet
      containers:
        - name: agent
          image: registry.example.org/agent:1
---
apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  namespace: default
spec:
  backoffLimit: 2
  activeDeadlineSeconds: 600
  ttlSecondsAfterFinished: 3600
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: migrate
          image: registry.example.org/shop:4.2
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: nightly
  namespace: default
spec:
  schedule: 0 3 * * *
  timeZone: Etc/UTC
  concurrencyPolicy: Forbid
  successfulJobsHistoryLimit: 1
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers:
            - name: nightly
              image: registry.example.org/nightly:1
---
apiVersion: v1
kind: Pod
metadata:
  name: probe
  namespace: default
  creationTimestamp: null
spec:
  containers:
    - name: probe
      image: registry.example.org/probe:1
---
apiVersion: v1
kind: Service
metadata:
  name: 1shop
  namespace: default
spec:
  type: ClusterIP
  selector:
    app.kubernetes.io/name: shop
  ports:
    - name: http
      port: 80
      targetPort: http
    - name: dns
      port: 53
      protocol: UDP
    - name: dns-tcp
      port: 53
      targetPort: 5353
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  namespace: default
spec:
  ingressClassName: alb
  tls:
    - hosts: [shop.example.org]
      secretName: shop-tls
  rules:
    - host: shop.example.org
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: shop
                port:
                  name: http
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata:
  name: alb
spec:
  controller: eks.amazonaws.com/alb
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: shop
  namespace: default
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: monitoring
        - ipBlock:
            cidr: 10.0.0.0/8
            except: [10.1.0.0/16]
      ports:
        - port: http
          protocol: TCP
  egress:
    - ports:
        - port: 8000
          endPort: 9000
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: shop
  namespace: default
spec:
  maxUnavailable: 50%
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      app: shop
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: shop
  namespace: default
spec:
  minReplicas: 2
  maxReplicas: 5
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: shop
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: 70
  behavior:
    scaleDown:
      stabilizationWindowSeconds: 300
      policies:
        - type: Percent
          value: 50
          periodSeconds: 60
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: shop
  namespace: default
immutable: true
data:
  shop.conf: a = b
binaryData:
  logo.png: iVBORw0K
---
apiVersion: v1
kind: Secret
metadata:
  name: shop
  namespace: default
type: Opaque
data:
  token: czNjcmV0
  lines: |
    czNj
    cmV0
stringData:
  user: shop
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: shop
  namespace: default
automountServiceAccountToken: false
imagePullSecrets:
  - name: registry
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: shop:reader
  namespace: default
rules:
  - apiGroups: ['']
    resources: [configmaps]
    resourceNames: [shop]
    verbs: [get, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: shop:reader
  namespace: default
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: shop:reader
subjects:
  - kind: ServiceAccount
    name: shop
    namespace: default
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: shop:metrics
rules:
  - nonResourceURLs: [/metrics]
    verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: shop:metrics
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: shop:metrics
subjects:
  - kind: Group
    apiGroup: rbac.authorization.k8s.io
    name: shop
---
apiVersion: v1
kind: Namespace
metadata:
  name: staging
  labels:
    pod-security.kubernetes.io/enforce: restricted
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: archive
  namespace: default
spec:
  accessModes: [ReadWriteOnce]
  volumeMode: Filesystem
  resources:
    requests:
      storage: 10Gi
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: gp3
provisioner: ebs.csi.eks.amazonaws.com
parameters:
  type: gp3
reclaimPolicy: Retain
volumeBindingMode: WaitForFirstConsumer
allowVolumeExpansion: true
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata:
  name: urgent
value: 1000
preemptionPolicy: Never
---
apiVersion: v1
kind: ResourceQuota
metadata:
  name: all
  namespace: default
spec:
  hard:
    requests.cpu: 10
    requests.memory: 20Gi
---
apiVersion: v1
kind: LimitRange
metadata:
  name: each
  namespace: default
spec:
  limits:
    - type: Container
      default:
        memory: 128Mi
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: digests
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
      - apiGroups: [apps]
        apiVersions: [v1]
        operations: [CREATE, UPDATE]
        resources: [deployments]
  validations:
    - expression: object.spec.replicas > 0
      message: at least one
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: digests
spec:
  policyName: digests
  validationActions: [Deny]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata:
  name: hooks
webhooks:
  - name: hooks.example.org
    admissionReviewVersions: [v1]
    sideEffects: None
    clientConfig:
      service:
        name: hooks
        namespace: default
        port: 443
      caBundle: Cg==
    rules:
      - apiGroups: ['*']
        apiVersions: ['*']
        operations: ['*']
        resources: [pods]
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: shops.example.org
spec:
  group: example.org
  scope: Namespaced
  names:
    kind: Shop
    plural: shops
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                doors:
                  type: array
                  default: [front]
                  items:
                    type: string
                    enum: [front, back]
                address:
                  type: object
                  additionalProperties:
                    type: string
status:
  acceptedNames:
    kind: Shop
    plural: shops
  conditions: []
  storedVersions: []
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata:
  name: v1beta1.metrics.k8s.io
spec:
  group: metrics.k8s.io
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  insecureSkipTLSVerify: true
  service:
    name: metrics-server
    namespace: kube-system
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata:
  name: leader
  namespace: default
spec:
  holderIdentity: a
  leaseDurationSeconds: 15
  renewTime: 2026-01-31T08:00:00.000000Z
---
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata:
  name: gvisor
handler: runsc
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: outside
  namespace: default
addressType: IPv4
endpoints:
  - addresses: [10.1.2.3]
    conditions:
      ready: true
ports:
  - name: http
    port: 80
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: shop
  namespace: default
  finalizers: [resources-finalizer.argocd.argoproj.io/foreground]
spec:
  project: dev
  source:
    repoURL: https://git.example.org/r.git
    targetRevision: refs/heads/env/dev
    path: shop
  destination:
    name: nonprod
    namespace: dev
  ignoreDifferences:
    - group: apps
      kind: Deployment
      jsonPointers: [/spec/replicas]
  syncPolicy:
    automated:
      prune: true
      selfHeal: true
      allowEmpty: false
    retry:
      limit: 5
      backoff:
        duration: 5s
        factor: 2
        maxDuration: 3m
    syncOptions: [ServerSideApply=true]
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata:
  name: dev
  namespace: default
spec:
  description: what runs in dev
  sourceRepos: [https://git.example.org/r.git]
  sourceNamespaces: [argocd-dev]
  destinations:
    - name: nonprod
      namespace: dev
  clusterResourceWhitelist: []
---
apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata:
  name: shop
  namespace: default
spec:
  provider: aws
  parameters:
    objects: |
      - objectName: shop
---
apiVersion: karpenter.sh/v1
kind: NodePool
metadata:
  name: arm
spec:
  weight: 10
  disruption:
    consolidationPolicy: WhenEmptyOrUnderutilized
    consolidateAfter: 30s
    budgets:
      - nodes: 10%
  limits:
    cpu: 100
    memory: 107374182400
  template:
    spec:
      expireAfter: 336h
      nodeClassRef:
        group: eks.amazonaws.com
        kind: NodeClass
        name: default
      requirements:
        - key: kubernetes.io/arch
          operator: In
          values: [arm64]
---
apiVersion: eks.amazonaws.com/v1
kind: IngressClassParams
metadata:
  name: dev
spec:
  scheme: internet-facing
  group:
    name: dev
  inboundCIDRs: [203.0.113.0/24]
  namespaceSelector:
    matchLabels:
      slipway.dev/environment: dev
  sslPolicy: ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09
  loadBalancerAttributes:
    - key: routing.http.drop_invalid_header_fields.enabled
      value: 'true'
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: shop
  namespace: default
spec:
  groups:
    - name: shop
      interval: 30s
      rules:
        - record: shop:sales:rate5m
          expr: sum by (namespace) (rate(sales_total[5m]))
        - alert: ShopIsEmpty
          expr: shop:sales:rate5m == 0
          for: 5m
          labels:
            severity: page
          annotations:
            summary: Nobody buys.
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: shop
  namespace: default
spec:
  sampleLimit: 1000
  bodySizeLimit: 20MB
  selector:
    matchLabels:
      app.kubernetes.io/name: shop
  podMetricsEndpoints:
    - port: http
      path: /metrics
      interval: 15s
      relabelings:
        - sourceLabels: [__meta_kubernetes_pod_name]
          targetLabel: pod
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: shop
  namespace: default
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: shop
  endpoints:
    - port: http
      interval: 15s
---
apiVersion: monitoring.coreos.com/v1
kind: Probe
metadata:
  name: shop
  namespace: default
spec:
  jobName: probe
  interval: 15s
  module: shop
  prober:
    url: blackbox.monitoring:9115
  targets:
    staticConfig:
      static: [https://shop.example.org/]
      labels:
        app: shop
`;

/** One good object of every kind that a repository like this one holds. */
export const right = loadAll(yaml) as readonly Holder[];

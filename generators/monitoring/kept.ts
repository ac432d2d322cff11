/**
 * What is kept of exporters that say far more than rules and dashboards ask: every name here is one that somebody uses,
 * so that the number of series follows the apps and not the exporter. What is asked and not kept, or kept and not asked, a
 * test tells (catalogue/catalogue.test.ts).
 */
export const kept = {
  /** https://github.com/argoproj/argo-cd/blob/v3.6.1/docs/operator-manual/metrics.md */
  argocd: ['argocd_app_info', 'argocd_app_sync_total', 'argocd_app_reconcile_bucket', 'workqueue_depth'],
  /** https://github.com/kubernetes/kube-state-metrics/tree/v2.19.1/docs/metrics */
  kubeStateMetrics: [
    'kube_cronjob_created',
    'kube_cronjob_spec_suspend',
    'kube_cronjob_status_last_successful_time',
    'kube_daemonset_status_desired_number_scheduled',
    'kube_daemonset_status_number_ready',
    'kube_deployment_spec_replicas',
    'kube_deployment_status_replicas_available',
    'kube_horizontalpodautoscaler_spec_max_replicas',
    'kube_horizontalpodautoscaler_status_current_replicas',
    'kube_job_failed',
    'kube_job_status_start_time',
    'kube_node_status_condition',
    'kube_pod_container_resource_limits',
    'kube_pod_container_resource_requests',
    'kube_pod_container_status_last_terminated_reason',
    'kube_pod_container_status_restarts_total',
    'kube_pod_container_status_waiting_reason',
    'kube_resourcequota',
    'kube_pod_status_ready',
    'kube_statefulset_status_replicas_ready',
  ],
  /** https://github.com/prometheus/node_exporter/tree/v1.11.1 */
  nodeExporter: [
    'node_cpu_seconds_total',
    'node_filesystem_avail_bytes',
    'node_filesystem_size_bytes',
    'node_memory_MemAvailable_bytes',
    'node_memory_MemTotal_bytes',
    'node_pressure_cpu_waiting_seconds_total',
    'node_pressure_io_waiting_seconds_total',
    'node_pressure_memory_waiting_seconds_total',
  ],
  /** https://kubernetes.io/docs/reference/instrumentation/metrics/ */
  kubelet: [
    'kubelet_volume_stats_available_bytes',
    'kubelet_volume_stats_capacity_bytes',
    'kubelet_volume_stats_used_bytes',
  ],
  /** https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md */
  cadvisor: ['container_cpu_usage_seconds_total', 'container_memory_working_set_bytes'],
} as const;

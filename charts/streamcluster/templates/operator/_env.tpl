{{/* The operator's options are variables too. */}}
{{- define "streamcluster.operatorEnv" -}}
- name: SC_POD_NAME
  valueFrom:
    fieldRef: { fieldPath: metadata.name }
- name: SC_POD_NAMESPACE
  valueFrom:
    fieldRef: { fieldPath: metadata.namespace }
- name: SC_POD_IP
  valueFrom:
    fieldRef: { fieldPath: status.podIP }
- name: SC_NAMESPACES
  value: {{ include "streamcluster.namespaces" . | quote }}
- name: SC_WATCH_NODES
  value: {{ .Values.nodes.watch | quote }}
- name: SC_WORKER_IMAGE
  value: {{ include "streamcluster.image" (dict "root" . "role" "worker") | quote }}
- name: SC_NATS
  value: {{ include "streamcluster.natsUrl" . | quote }}
- name: SC_NATS_MANAGED
  value: {{ .Values.nats.install | quote }}
- name: SC_NATS_AUTH_SECRET
  value: {{ .Values.nats.install | ternary (printf "%s-nats-auth" .Release.Name) "" | quote }}
- name: SC_NATS_CREDENTIALS_SECRET
  value: {{ .Values.nats.credentialsSecretName | quote }}
- name: SC_BUCKET_REPLICAS
  value: {{ .Values.nats.replicas | quote }}
- name: SC_OPERATOR_ADDRESS
  value: {{ printf "%s-operator.%s.svc:9092" .Release.Name .Release.Namespace | quote }}
- name: SC_OTLP_ENDPOINT
  value: {{ .Values.tracing.otlpEndpoint | quote }}
- name: SC_LEASE_NAME
  value: {{ printf "%s-operator" .Release.Name | quote }}
- name: SC_CA_SECRET
  value: {{ printf "%s-ca" .Release.Name | quote }}
- name: SC_API_HOST
  value: 0.0.0.0
- name: SC_API_PORT
  value: '8088'
- name: SC_GRPC_PORT
  value: '9092'
{{- with .Values.console.auth }}
{{- if .secretName }}
- name: SC_CONSOLE_AUTH_DIR
  value: /etc/streamcluster/console
- name: SC_CONSOLE_METRICS_OPEN
  value: {{ .metricsOpen | quote }}
{{- end }}
{{- with .trustedProxies }}
- name: SC_CONSOLE_TRUSTED_PROXIES
  value: {{ join "," . | quote }}
{{- end }}
{{- if .userHeader }}
- name: SC_CONSOLE_USER_HEADER
  value: {{ .userHeader }}
- name: SC_CONSOLE_GROUP_HEADER
  value: {{ .groupHeader | quote }}
- name: SC_CONSOLE_ADMIN_GROUPS
  value: {{ join "," .adminGroups | quote }}
- name: SC_CONSOLE_VIEWER_GROUPS
  value: {{ join "," .viewerGroups | quote }}
{{- end }}
{{- end }}
- name: SC_LOG_LEVEL
  value: {{ .Values.operator.logLevel }}
{{- end -}}

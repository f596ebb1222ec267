{{- define "streamcluster.image" -}}
{{- $role := .role -}}
{{- get .root.Values.image $role | default (printf "ghcr.io/example/streamcluster-%s:%s" $role .root.Chart.AppVersion) -}}
{{- end -}}

{{/* Labels of a part: {root, part}. */}}
{{- define "streamcluster.labels" -}}
{{ include "streamcluster.selector" . }}
app.kubernetes.io/part-of: streamcluster
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "streamcluster.selector" -}}
app.kubernetes.io/name: streamcluster-{{ .part }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end -}}

{{/* Cluster-wide objects carry the namespace too: a release's name is unique only in its own. */}}
{{- define "streamcluster.clusterName" -}}
{{ .Release.Namespace }}-{{ .Release.Name }}
{{- end -}}

{{/* Namespaces with StreamClusters of ours, separated by commas; empty: all. */}}
{{- define "streamcluster.namespaces" -}}
{{- if .Values.watchNamespaces -}}
{{ join "," .Values.watchNamespaces }}
{{- else if eq .Values.rbac.scope "namespaced" -}}
{{ .Release.Namespace }}
{{- end -}}
{{- end -}}

{{- define "streamcluster.natsUrl" -}}
{{- if .Values.nats.install -}}
nats://{{ .Release.Name }}-nats.{{ .Release.Namespace }}.svc:4222
{{- else -}}
{{ .Values.nats.url }}
{{- end -}}
{{- end -}}

{{- define "streamcluster.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "streamcluster.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "streamcluster.pullSecrets" -}}
{{- with .Values.image.pullSecrets -}}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Where pods may run: {nodeSelector, tolerations, priorityClassName}. */}}
{{- define "streamcluster.scheduling" -}}
{{- $given := dict -}}
{{- range $key := list "nodeSelector" "tolerations" "priorityClassName" -}}
{{- with get $ $key }}{{ $_ := set $given $key . }}{{ end -}}
{{- end -}}
{{- with $given }}{{ toYaml . }}{{ end -}}
{{- end -}}

{{/* Replicas rather on different nodes and in different zones: {root, part}. */}}
{{- define "streamcluster.spread" -}}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "streamcluster.selector" . | nindent 14 }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "streamcluster.selector" . | nindent 8 }}
{{- end -}}

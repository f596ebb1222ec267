{{/* auth.conf is the operator's: accounts, and who signs for them. It lies in the same folder. */}}
{{- define "streamcluster.natsConfig" -}}
{{- $name := printf "%s-nats" .Release.Name -}}
server_name: $POD_NAME
port: 4222
http_port: 8222
include auth.conf
jetstream {
  store_dir: /data
  max_file_store: {{ .Values.nats.storage.size }}
  # All of it is in files.
  max_memory_store: 0
}
{{- if gt (int .Values.nats.replicas) 1 }}
cluster {
  name: {{ $name }}
  port: 6222
  routes: [
    {{- range until (int .Values.nats.replicas) }}
    nats-route://{{ $name }}-{{ . }}.{{ $name }}-pods:6222
    {{- end }}
  ]
}
{{- end }}
{{- end -}}

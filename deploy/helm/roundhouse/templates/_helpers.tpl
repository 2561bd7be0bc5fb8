{{- define "roundhouse.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "roundhouse.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "roundhouse.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "roundhouse.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "roundhouse.hub" -}}{{ include "roundhouse.fullname" . }}-hub{{- end -}}
{{- define "roundhouse.agent" -}}{{ include "roundhouse.fullname" . }}-agent{{- end -}}

{{/* Of one part: (dict "root" $ "part" "hub") */}}
{{- define "roundhouse.selector" -}}
app.kubernetes.io/name: {{ include "roundhouse.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{- define "roundhouse.labels" -}}
{{ include "roundhouse.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "roundhouse.image" -}}
{{ .image.repository }}:{{ default .root.Chart.AppVersion .image.tag }}
{{- end -}}

{{- define "roundhouse.scheme" -}}{{ ternary "https" "http" (ne .Values.hub.tlsSecret "") }}{{- end -}}

{{- define "roundhouse.serviceAccount" -}}
{{- $account := .Values.agent.serviceAccount -}}
{{- if $account.create -}}{{ default (include "roundhouse.agent" .) $account.name }}{{- else -}}{{ default "default" $account.name }}{{- end -}}
{{- end -}}

{{/* Where the hub's first API key is: given, or made by this chart. */}}
{{- define "roundhouse.firstKeySecret" -}}
{{- default (printf "%s-first-key" (include "roundhouse.fullname" .)) .Values.hub.firstKeySecret.name -}}
{{- end -}}

{{/* `true` where the agent joins with a token that its own pod asks this release's hub for. */}}
{{- define "roundhouse.joinsByItself" -}}
{{- if and .Values.hub.enabled (not .Values.agent.hub) (not .Values.agent.joinTokenSecret.name) -}}true{{- end -}}
{{- end -}}

{{- define "roundhouse.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "roundhouse.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{/* Where a pod may run: (dict "of" .Values.hub) */}}
{{- define "roundhouse.placement" -}}
{{- with .of.nodeSelector }}
nodeSelector: {{ toJson . }}
{{- end }}
{{- with .of.tolerations }}
tolerations: {{ toJson . }}
{{- end }}
{{- with .of.affinity }}
affinity: {{ toJson . }}
{{- end }}
{{- end -}}

{{- define "roundhouse.claim" -}}
- metadata:
    name: data
    {{- with .of.annotations }}
    annotations: {{ toJson . }}
    {{- end }}
  spec:
    accessModes: {{ toJson .of.accessModes }}
    {{- if not (kindIs "invalid" .of.storageClass) }}
    storageClassName: {{ .of.storageClass | quote }}
    {{- end }}
    resources: { requests: { storage: {{ .of.size }} } }
{{- end -}}

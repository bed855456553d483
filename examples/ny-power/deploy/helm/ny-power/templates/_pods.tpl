{{/* What all pods have in common. */}}
{{- define "ny-power.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .Values.userId }}
  runAsGroup: {{ .Values.userId }}
  fsGroup: {{ .Values.userId }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* What all containers have in common; called with a list: the image, its tag, the resources. */}}
{{- define "ny-power.container" -}}
{{- $image := index . 0 -}}
image: {{ printf "%s:%s" $image.repository (index . 1) | quote }}
imagePullPolicy: {{ $image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities: { drop: [ALL] }
resources: {{- toYaml (index . 2) | nindent 2 }}
{{- end -}}

{{- define "ny-power.program" -}}
{{- $root := first . -}}
{{- include "ny-power.container" (list $root.Values.image ($root.Values.image.tag | default $root.Chart.AppVersion) (last .)) -}}
{{- end -}}

{{- define "ny-power.password" -}}
- name: MQTT_PUMP_PASS
  valueFrom:
    secretKeyRef: { name: {{ include "ny-power.secret" . }}, key: {{ .Values.password.key }} }
{{- end -}}

{{/* A volume called data; called with a list: the root, the component, what the values say of it. */}}
{{- define "ny-power.data" -}}
{{- $persistence := index . 2 -}}
- name: data
  {{- if $persistence.enabled }}
  persistentVolumeClaim:
    claimName: {{ $persistence.existingClaim | default (printf "%s-%s" (include "ny-power.fullname" (first .)) (index . 1)) }}
  {{- else }}
  emptyDir: {}
  {{- end }}
{{- end -}}

{{/* Its claim. It stays when the release is removed. */}}
{{- define "ny-power.claim" -}}
{{- $root := first . -}}
{{- $component := index . 1 -}}
{{- $persistence := index . 2 -}}
{{- if and $persistence.enabled (not $persistence.existingClaim) }}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ include "ny-power.fullname" $root }}-{{ $component }}
  labels: {{- include "ny-power.labels" (list $root $component) | nindent 4 }}
  annotations:
    helm.sh/resource-policy: keep
spec:
  accessModes: [ReadWriteOnce]
  {{- with $persistence.storageClass }}
  storageClassName: {{ . }}
  {{- end }}
  resources:
    requests:
      storage: {{ $persistence.size }}
{{- end }}
{{- end -}}

{{/* The head of what runs in one pod, never in two: a StatefulSet starts no second one before the first has ended. */}}
{{- define "ny-power.single" -}}
{{- $root := first . -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ include "ny-power.fullname" $root }}-{{ last . }}
  labels: {{- include "ny-power.labels" . | nindent 4 }}
spec:
  replicas: 1
  serviceName: {{ include "ny-power.fullname" $root }}-pods
  selector:
    matchLabels: {{- include "ny-power.selector" . | nindent 6 }}
{{- end -}}

{{- define "ny-power.podMetadata" -}}
{{- $root := first . -}}
labels: {{- include "ny-power.labels" . | nindent 2 }}
{{- with $root.Values.podAnnotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "ny-power.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Called with a list: the root, and the component. */}}
{{- define "ny-power.selector" -}}
{{- $root := first . -}}
app.kubernetes.io/name: {{ $root.Chart.Name }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ last . }}
{{- end -}}

{{- define "ny-power.labels" -}}
{{- $root := first . -}}
{{ include "ny-power.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version }}
{{- end -}}

{{- define "ny-power.secret" -}}
{{- .Values.password.existingSecret | default (printf "%s-password" (include "ny-power.fullname" .)) -}}
{{- end -}}

{{- define "ny-power.brokerUrl" -}}
mqtt://{{ include "ny-power.fullname" . }}-broker:{{ .Values.broker.service.mqttPort }}
{{- end -}}

{{/* Where browsers find the websocket, as arguments of `ny-power web`. */}}
{{- define "ny-power.websocket" -}}
{{- if .Values.web.websocket -}}
--websocket={{ .Values.web.websocket }}
{{- else if .Values.ingress.enabled -}}
--websocket={{ ternary "wss" "ws" (ne .Values.ingress.tlsSecret "") }}://{{ .Values.ingress.host }}{{ .Values.ingress.websocketPath }}
{{- else -}}
--ws-port={{ .Values.broker.service.websocketPort }}
{{- end -}}
{{- end -}}

{{/* `file`, `influxdb` (in this release), `url` or `secret`. */}}
{{- define "ny-power.archiveKind" -}}
{{- $archive := .Values.archive -}}
{{- $kinds := list -}}
{{- if .Values.influxdb.enabled }}{{ $kinds = append $kinds "influxdb" }}{{ end -}}
{{- if $archive.url }}{{ $kinds = append $kinds "url" }}{{ end -}}
{{- if $archive.urlSecret.name }}{{ $kinds = append $kinds "secret" }}{{ end -}}
{{- if gt (len $kinds) 1 -}}
{{- fail "only one of influxdb.enabled, archive.url and archive.urlSecret.name can say where the archive is" -}}
{{- end -}}
{{- first $kinds | default "file" -}}
{{- end -}}

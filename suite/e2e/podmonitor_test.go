package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPrometheusScrapesWhatTheMonitorSelects(t *testing.T) {
	config, err := prometheusConfig("../../k8s/components/monitoring/scrape.yaml", "kept")
	require.NoError(t, err)
	for _, part := range []string{
		`"metrics_path":"/metrics"`, `"names":["kept"]`, `"target_label":"pod"`, `"target_label":"app_kubernetes_io_name"`,
		`"regex":"service|gateway|suite","source_labels":["__meta_kubernetes_pod_label_app_kubernetes_io_component"]`,
		`"regex":"admin","source_labels":["__meta_kubernetes_pod_container_port_name"]`,
	} {
		require.Contains(t, config, part)
	}
}

package check

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// reserved are the connections that PostgreSQL keeps for its superuser, and those of migrations and backups.
const reserved = 20

var maxConnections = regexp.MustCompile(`max_connections(?:=|: ")(\d+)`)

// TestConnectionsFit: however many replicas there are, and one more of each service while a new version is rolled out, the server has
// a connection for each that they may make.
func TestConnectionsFit(t *testing.T) {
	for overlay, server := range map[string]string{
		"dev": "k8s/overlays/dev/postgres.sh", "production": "k8s/overlays/production/examples/cloudnative-pg.yaml",
	} {
		t.Run(overlay, func(t *testing.T) {
			o := build(t, overlay)
			total := reserved
			for _, scaler := range o.scalers {
				total += int(scaler.Spec.MaxReplicas+1) * o.connections(t, scaler.Spec.ScaleTargetRef.Name)
			}
			require.LessOrEqual(t, total, connectionsOf(t, server))
			require.Greater(t, total, reserved)
		})
	}
}

// connections are how many each replica of the service makes at most; none where it has no database.
func (o *overlay) connections(t *testing.T, service string) (total int) {
	for _, w := range o.workloads {
		if w.name != service {
			continue
		}
		for _, m := range o.environment(t, w, w.pod.Spec.Containers[0]) {
			for _, use := range []string{"WRITES", "READS", "BACKGROUND", "LONG_READS"} {
				value, set := m.Data["KEPT_DATABASE_"+use]
				if !set {
					continue
				}
				n, err := strconv.Atoi(value)
				require.NoError(t, err)
				total += n
			}
		}
	}
	if total == 0 {
		return 0
	}
	return total + 1 // for readiness
}

func connectionsOf(t *testing.T, file string) int {
	text, err := os.ReadFile(filepath.Join(root, file))
	require.NoError(t, err)
	found := maxConnections.FindStringSubmatch(string(text))
	require.NotNil(t, found, file)
	n, err := strconv.Atoi(found[1])
	require.NoError(t, err)
	return n
}

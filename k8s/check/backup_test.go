package check

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
)

// TestRestoreReadsWhatBackupWrites: the Job is no part of the overlay, so it has to name the same image, databases and volume itself.
func TestRestoreReadsWhatBackupWrites(t *testing.T) {
	o := build(t, "production")
	at := slices.IndexFunc(o.workloads, func(w workload) bool { return w.kind == "CronJob" })
	require.GreaterOrEqual(t, at, 0)
	backup := o.workloads[at].pod.Spec
	objects := example(t, "k8s/overlays/production/examples/restore.yaml")
	require.Len(t, objects, 1)
	job := as[batch.Job](t, objects[0])
	restore := job.Spec.Template.Spec
	require.Equal(t, o.workloads[at].pod.Labels["app.kubernetes.io/component"], job.Spec.Template.Labels["app.kubernetes.io/component"],
		"by which policies let it reach the databases")
	require.Equal(t, backup.ServiceAccountName, restore.ServiceAccountName)
	require.Equal(t, backup.SecurityContext, restore.SecurityContext)
	from, to := backup.Containers[0], restore.Containers[0]
	require.Equal(t, from.Image, to.Image)
	require.Subset(t, to.Env, from.Env)
	require.Contains(t, from.VolumeMounts, to.VolumeMounts[0])
	require.Contains(t, claims(backup), claims(restore)[0])
}

func claims(pod core.PodSpec) (names []string) {
	for _, v := range pod.Volumes {
		if v.PersistentVolumeClaim != nil {
			names = append(names, v.PersistentVolumeClaim.ClaimName)
		}
	}
	return names
}

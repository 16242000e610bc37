package main

import (
	"fmt"
	"strings"
)

// nodesAndVolumes is what Pods need to be placed: nodes that kwok simulates, and volumes for claims to take.
func nodesAndVolumes(nodes int) string {
	var b strings.Builder
	for i := 1; i <= nodes; i++ {
		fmt.Fprintf(&b, `apiVersion: v1
kind: Node
metadata:
  name: node-%[1]d
  annotations: {kwok.x-k8s.io/node: fake}
  labels: {kubernetes.io/hostname: node-%[1]d, kubernetes.io/os: linux, topology.kubernetes.io/zone: zone-%[1]d}
status:
  capacity: {cpu: "16", memory: 64Gi, pods: "110"}
  allocatable: {cpu: "16", memory: 64Gi, pods: "110"}
---
`, i)
	}
	b.WriteString(`apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: standard, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: kubernetes.io/no-provisioner
`)
	for i := range 10 {
		fmt.Fprintf(&b, `---
apiVersion: v1
kind: PersistentVolume
metadata: {name: volume-%d}
spec:
  storageClassName: standard
  capacity: {storage: 1Ti}
  accessModes: [ReadWriteOnce]
  hostPath: {path: /nowhere}
`, i)
	}
	return b.String()
}

// Package check proves that the manifests are right: what the API server does not look at (ports that no container has, keys that no
// map has, settings that no program knows, edges that the code does not call), and, against a real API server, what it does.
package check

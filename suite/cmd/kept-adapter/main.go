// Command kept-adapter serves the custom metrics API by prometheus-adapter's rules, in its place, for tests.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"kept.dev/suite/e2e/adapter"
)

func main() {
	prometheus := flag.String("prometheus-url", "http://prometheus:9090", "where Prometheus is")
	config := flag.String("config", "/etc/adapter/config.yaml", "file with the rules")
	port := flag.Int("secure-port", 6443, "port to serve on")
	flag.String("cert-dir", "", "unused: the certificate is in memory")
	flag.Duration("metrics-relist-interval", 0, "unused: series are looked for with each call")
	flag.Parse()
	if err := run(*prometheus, *config, *port); err != nil {
		fmt.Fprintln(os.Stderr, "kept-adapter:", err)
		os.Exit(1)
	}
}

func run(prometheus, config string, port int) error {
	rules, err := adapter.Read(config)
	if err != nil {
		return err
	}
	s := &adapter.Server{Rules: rules, Prometheus: prometheus}
	if err := s.InCluster(); err != nil {
		return err
	}
	certificate, err := adapter.SelfSigned()
	if err != nil {
		return err
	}
	server := &http.Server{
		Addr: fmt.Sprintf(":%d", port), Handler: s.Handler(), ReadHeaderTimeout: 5 * time.Second,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}},
	}
	return server.ListenAndServeTLS("", "")
}

// Package environment sets up suites for stories, tests and benchmarks: in this process, or as real processes.
package environment

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"kept.dev/kit"
	"kept.dev/kit/access"
	"kept.dev/suite/embedded"
	"kept.dev/suite/mailsink"
	"kept.dev/suite/scenario"
)

// Embedded starts a whole suite in this process, a sandbox on a folder of its own, and ends it with the test.
func Embedded(t testing.TB) (*embedded.Suite, scenario.Environment) {
	t.Helper()
	return EmbeddedWith(t, embedded.Config{Dir: t.TempDir(), Sandbox: true})
}

// EmbeddedWith is Embedded with a configuration.
func EmbeddedWith(t testing.TB, cfg embedded.Config) (*embedded.Suite, scenario.Environment) {
	t.Helper()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	if cfg.Tracer == nil {
		cfg.Tracer = tracenoop.NewTracerProvider()
	}
	if cfg.Meter == nil {
		cfg.Meter = metricnoop.NewMeterProvider()
	}
	box, err := mailsink.Open(t.TempDir())
	if err != nil {
		t.Fatalf("open a mail server: %v", err)
	}
	t.Cleanup(box.Stop)
	if cfg.Mail.SMTP == "" {
		cfg.Mail = kit.Mail{SMTP: box.SMTP(), From: "The Shop <service@shop.example>", PublicURL: "https://shop.example"}
	}
	suite, err := embedded.Open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("open the suite: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- suite.Run(ctx) }()
	server := httptest.NewServer(suite.Handler)
	t.Cleanup(func() {
		server.Close()
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("the suite ended: %v", err)
		}
		suite.Close()
	})
	return suite, scenario.Environment{
		URL: server.URL, HTTP: &http.Client{Timeout: time.Minute},
		Token: func(p access.Principal) (string, error) { return suite.Issuer.Issue(p, time.Hour) },
		Mails: box.For,
	}
}

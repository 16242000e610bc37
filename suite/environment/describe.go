package environment

import (
	"log/slog"
	"testing"

	"go.opentelemetry.io/otel/metric/noop"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/keyring"
	"kept.dev/kit/live"
	"kept.dev/kit/outbox"
	"kept.dev/suite/embedded"
)

// Describe are all services by name, as they describe themselves: their migrations, the events that they take in. Nothing of them runs.
func Describe(t testing.TB) map[string]*kit.Service {
	t.Helper()
	out := map[string]*kit.Service{}
	for name, make := range embedded.Services() {
		wall := clock.Wall{}
		service, err := make(kit.Deps{
			Clock: wall, Outbox: outbox.New(name, wall), Log: slog.New(slog.DiscardHandler), Meter: noop.Meter{}, Live: live.NewLocal(),
			Signer: keyring.NewSigner([]byte(name)), Mail: kit.Mail{From: "Shop <shop@example.org>", Folder: t.TempDir(), PublicURL: "http://shop.example"},
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = service
	}
	return out
}

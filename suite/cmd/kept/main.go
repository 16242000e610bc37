// Command kept runs the whole suite in one process, with nothing to install beside it.
package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kept.dev/kit/access"
	"kept.dev/kit/app"
	"kept.dev/kit/process"
	"kept.dev/kit/token"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	"kept.dev/suite/backup"
	"kept.dev/suite/embedded"
)

func main() {
	command, args := "serve", os.Args[1:]
	if len(args) > 0 && (!strings.HasPrefix(args[0], "-") || slices.Contains(listing, args[0])) {
		command, args = args[0], args[1:]
	}
	if slices.Contains(listing, command) && len(args) == 1 { // kept help token
		command, args = args[0], []string{"--help"}
	}
	if slices.Contains(listing, command) {
		fmt.Print(usage())
		return
	}
	if app.Asked(os.Stdout, "kept", command) {
		return
	}
	for _, c := range commands() {
		if c.name == command {
			c.main("kept "+command, args)
			return
		}
	}
	fmt.Fprintf(os.Stderr, "kept: there is no command %q\n\n%s", command, usage())
	os.Exit(app.ExitMisused)
}

// ServeCmd runs the suite.
type ServeCmd struct {
	app.Common
	app.Mail
	app.Front
	Listen     string `help:"Address to serve REST on." default:"127.0.0.1:8080" group:"Addresses"`
	Data       string `help:"Folder for everything that lasts." default:"data" group:"Storage"`
	GRPCListen string `name:"grpc-listen" help:"Address to serve gRPC on." default:"127.0.0.1:9000" group:"Addresses"`
}

// Run runs until a signal comes.
func (c *ServeCmd) Run(ctx context.Context) error {
	seen, err := c.Observe(ctx, "kept")
	if err != nil {
		return err
	}
	issuers, err := c.Issuers()
	if err != nil {
		return err
	}
	mail := c.Mail.Settings()
	mail.PublicURL = cmp.Or(mail.PublicURL, "http://"+c.Listen)
	suite, err := embedded.Open(ctx, embedded.Config{
		Dir: c.Data, Sandbox: c.Sandbox, RateLimit: c.RateLimit, CORSOrigins: c.CORS, TrustedProxies: c.TrustedProxies, Issuers: issuers,
		Mail: mail,
		Log:  seen.Logger, Tracer: seen.TracerProvider, Meter: seen.MeterProvider,
	})
	if err != nil {
		return err
	}
	defer suite.Close()
	readiness := process.NewReadiness(slices.Sorted(maps.Keys(embedded.Services())), process.Check{Name: "databases", Probe: suite.Check})
	server, err := suite.GRPC(readiness.Health())
	if err != nil {
		return err
	}
	return process.Run(ctx, seen.Logger, c.Drain,
		seen.Part(), c.AdminPart(c, seen, readiness), c.ProbePart(readiness),
		process.Part{Name: "services", Run: suite.Run, Stop: suite.Drain}, backup.Part(c.Data, suite.Databases(), seen.Logger),
		app.GRPCPart(c.GRPCListen, server), app.StreamsPart(suite.EndStreams), process.HTTP("rest", c.Listen, c.MaxConnections, suite.Handler),
		process.Part{Name: "greeting", Start: func(context.Context) error { return c.greet(os.Stdout, suite.Issuer) }},
		readiness.Part(), app.ReleaseMemoryPart())
}

// TokenCmd prints tokens.
type TokenCmd struct {
	Data    string        `help:"The suite's data folder, which holds the keys." default:"data"`
	Role    string        `help:"customer, guest, agent, manager, admin, partner or service." required:""`
	Subject string        `help:"Whom it stands for, such as customers/0190… or agents/anna." required:""`
	TTL     time.Duration `name:"ttl" help:"How long it is good for." default:"24h"`
}

// Run prints a token.
func (c *TokenCmd) Run(context.Context) error {
	role, ok := token.RoleNamed(c.Role)
	if !ok {
		return fmt.Errorf("--role: there is no role %q; say customer, guest, agent, manager, admin, partner or service", c.Role)
	}
	if err := checkSubject(role, c.Subject); err != nil {
		return err
	}
	if c.TTL <= 0 {
		return fmt.Errorf("--ttl: %s is no time to be good for; say 24h, for example", c.TTL)
	}
	keys := filepath.Join(c.Data, "keys")
	if _, err := os.Stat(keys); err != nil { // fresh keys would sign what nobody accepts
		return fmt.Errorf("there is no suite in %s that could accept a token: %w", c.Data, err)
	}
	issuer, err := token.NewIssuer(keys)
	if err != nil {
		return err
	}
	raw, err := issuer.Issue(access.Principal{Role: role, Subject: c.Subject}, c.TTL)
	if err == nil {
		fmt.Println(raw)
	}
	return err
}

// checkSubject refuses a subject that is no name in its role's collection: such a token is refused wherever it is shown.
func checkSubject(role accessv1.Role, subject string) error {
	collection := token.RoleName(role) + "s/"
	if id, ok := strings.CutPrefix(subject, collection); !ok || id == "" || strings.ContainsAny(id, "/ ") {
		return fmt.Errorf("--subject: %q is no %s; say %s and an id, such as %sanna", subject, token.RoleName(role), collection, collection)
	}
	return nil
}

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
	"kept.dev/suite/backup"
	"kept.dev/suite/embedded"
)

func main() {
	command, args := "serve", os.Args[1:]
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		command, args = args[0], args[1:]
	}
	switch command {
	case "serve":
		var cmd ServeCmd
		app.Exit("kept serve", args, &cmd, cmd.Run)
	case "token":
		var cmd TokenCmd
		app.Exit("kept token", args, &cmd, cmd.Run)
	case "keys":
		var cmd KeysCmd
		app.Exit("kept keys", args, &cmd, cmd.Run)
	case "import":
		os.Exit(importMain(args))
	case "backup":
		var cmd BackupCmd
		app.Exit("kept backup", args, &cmd, cmd.Run)
	case "restore":
		var cmd RestoreCmd
		app.Exit("kept restore", args, &cmd, cmd.Run)
	case "republish":
		var cmd RepublishCmd
		app.Exit("kept republish", args, &cmd, cmd.Run)
	default:
		fmt.Fprintf(os.Stderr, "kept: there is no command %q\n\nkept serve   run the suite (also without a command)\n"+
			"kept token   print a token for a caller\nkept keys    show, make and rotate the keys that sign tokens and links\nkept import  take a file of customers or orders in\n"+
			"kept backup  copy all data as of one moment, also while the suite runs\nkept restore put a backup back\nkept republish have services publish the events of the last days again\n\n--help after a command tells more.\n", command)
		os.Exit(2)
	}
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
		return fmt.Errorf("there is no role %q", c.Role)
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

// Command images makes a container image of every process, with no engine and no registry: OCI archives that hold one static
// binary, certificates and time zones, and beside each a bill of its materials.
//
//	images build --out bin/oci --version v0.1.0
//	images check --out bin/oci
//	images stores --out bin/oci    PostgreSQL, Redis and what copies databases, as this machine has them, for tests
//	images operators --out bin/oci/operators --only prometheus    programs of others, from Go modules, for tests (operators.json)
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
)

// programs are what runs in production, by the name of its image.
var programs = map[string]string{
	"customer":     "./services/customer/cmd/customer",
	"order":        "./services/order/cmd/order",
	"loyalty":      "./services/loyalty/cmd/loyalty",
	"notification": "./services/notification/cmd/notification",
	"support":      "./services/support/cmd/support",
	"gateway":      "./gateway/cmd/gateway",
	"kept":         "./suite/cmd/kept",
	"mailsink":     "./suite/cmd/kept-mailsink",
}

// settings are what is to be built, and where to.
type settings struct {
	root      string   // of the repository
	out       string   // the folder of the archives
	prefix    string   // before each image's name
	version   string   // of the release; also the images' tag
	revision  string   // the commit it is built from
	source    string   // where the code is
	platforms []string // such as linux/amd64
	only      []string // programs; all when empty
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "images:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("say build, check, stores or operators")
	}
	s, err := parse(args[1:])
	if err != nil {
		return err
	}
	switch args[0] {
	case "stores":
		return s.makeStores(ctx)
	case "operators":
		return s.makeOperators(ctx)
	}
	for _, name := range s.names() {
		if programs[name] == "" {
			return fmt.Errorf("there is no program %q", name)
		}
		switch args[0] {
		case "build":
			err = s.make(ctx, name)
		case "check":
			err = s.check(name)
		default:
			return fmt.Errorf("say build, check, stores or operators, not %q", args[0])
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func parse(args []string) (s settings, err error) {
	flags := flag.NewFlagSet("images", flag.ContinueOnError)
	flags.StringVar(&s.root, "root", ".", "the repository")
	flags.StringVar(&s.out, "out", "bin/oci", "folder of the archives")
	flags.StringVar(&s.prefix, "prefix", "localhost/kept", "what stands before each image's name")
	flags.StringVar(&s.version, "version", "dev", "the release, which is also the tag")
	flags.StringVar(&s.revision, "revision", "unknown", "the commit")
	flags.StringVar(&s.source, "source", "https://kept.dev", "where the code is")
	platforms := flags.String("platforms", "linux/amd64", "with commas between them")
	only := flags.String("only", "", "programs, with commas between them; all when empty")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if s.out, err = filepath.Abs(s.out); err != nil { // go build runs in the root
		return s, err
	}
	s.platforms = strings.Split(*platforms, ",")
	if *only != "" {
		s.only = strings.Split(*only, ",")
	}
	return s, nil
}

func (s settings) archive(name string) string { return filepath.Join(s.out, name+".tar") }
func (s settings) bom(name string) string     { return filepath.Join(s.out, name+".cdx.json") }
func (s settings) image(name string) string   { return s.prefix + "/" + name + ":" + s.version }

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc/resolver/dns"

	"kept.dev/kit/process"
)

// gcPercent collects later than Go's default of 100, because what lives long in these processes is a few megabytes.
const gcPercent = 300

// resolvePause is how soon a name is looked up again after connections ended: an upgrade replaces replicas faster than the
// library's half a minute.
const resolvePause = 2 * time.Second

// How a process ends.
const (
	ExitFailed  = 1
	ExitMisused = 2 // the command line, the environment or the file of settings is wrong
)

// Exit reads the settings from the command line, runs until a signal comes, and ends the process with a status that says how it went.
// The words help and version in place of flags do what they say.
func Exit(name string, args []string, cfg any, run func(context.Context) error) {
	if len(args) == 1 && Asked(os.Stdout, name, args[0]) {
		return
	}
	if len(args) == 1 && args[0] == "help" {
		args = []string{"--help"}
	}
	err := process.Parse(name, cfg, args)
	if errors.Is(err, process.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n%s --help lists what can be set\n", name, err, name)
		os.Exit(ExitMisused)
	}
	dns.SetMinResolutionInterval(resolvePause)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := process.Signals(context.Background())
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, explain(cfg, err))
		os.Exit(ExitFailed)
	}
}

// Asked tells whether the word asks for the version, and prints it then.
func Asked(out io.Writer, name, word string) bool {
	if word != "version" && word != "--version" {
		return false
	}
	program, _, _ := strings.Cut(name, " ")
	fmt.Fprintln(out, program, Version())
	return true
}

// explain says of a port that is taken which flag chooses another.
func explain(cfg any, err error) error {
	var taken *net.OpError
	if !errors.Is(err, syscall.EADDRINUSE) || !errors.As(err, &taken) || taken.Addr == nil {
		return err
	}
	_, port, splitErr := net.SplitHostPort(taken.Addr.String())
	settings, maskErr := process.Masked(cfg)
	if splitErr != nil || maskErr != nil {
		return err
	}
	for _, flag := range slices.Sorted(maps.Keys(settings)) {
		if _, set, err := net.SplitHostPort(settings[flag]); err == nil && set == port && strings.HasSuffix(flag, "listen") {
			return fmt.Errorf("another process listens on %s: stop it, or choose another address with --%s", taken.Addr, flag)
		}
	}
	return err
}

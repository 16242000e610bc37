package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"kept.dev/kit/app"
)

// command is what the first word on the command line chooses.
type command struct {
	name, does string
	main       func(name string, args []string)
}

// listing are the words that ask for the list of commands.
var listing = []string{"help", "--help", "-h"}

func commands() []command {
	return []command{
		{"serve", "run the suite; also without a command", exit[ServeCmd]},
		{"token", "print a token for a caller", exit[TokenCmd]},
		{"keys", "show, make and rotate the keys that sign tokens and links", exit[KeysCmd]},
		{"import", "take in a file of customers or orders", func(_ string, args []string) { os.Exit(importMain(args)) }},
		{"backup", "copy all data as of one moment, also while the suite runs", exit[BackupCmd]},
		{"restore", "put a backup back", exit[RestoreCmd]},
		{"republish", "have services publish the events of the last days again", exit[RepublishCmd]},
	}
}

// exit runs a command by its settings.
func exit[C any, P interface {
	*C
	Run(context.Context) error
}](name string, args []string) {
	cmd := P(new(C))
	app.Exit(name, args, cmd, cmd.Run)
}

// usage lists the commands.
func usage() string {
	var out strings.Builder
	out.WriteString("kept COMMAND [FLAGS]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&out, "  %-10s %s\n", c.name, c.does)
	}
	out.WriteString("  version    print the version\n  help       print this\n\nkept COMMAND --help lists a command's flags.\n")
	return out.String()
}

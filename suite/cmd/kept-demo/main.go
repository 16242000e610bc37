// Command kept-demo shows the suite: it starts one, imports a real purchase history, plays stories and leaves it running until
// Ctrl-C.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"kept.dev/kit/app"
	"kept.dev/suite/demo"
)

// DemoCmd shows the suite.
type DemoCmd struct {
	Listen  string `help:"Address to serve REST on." default:"127.0.0.1:8080"`
	Data    string `help:"Folder for the demo's data. What an earlier demo has left there is removed." default:"data/demo"`
	History string `help:"The purchase history to import, as in the CDNOW data set." default:"suite/history/cdnow_master.txt"`
	Program string `help:"The command kept." default:"bin/kept"`
}

func main() {
	var cmd DemoCmd
	app.Exit("kept-demo", os.Args[1:], &cmd, cmd.run)
}

// run shows the demo until a signal comes, or the terminal is closed.
func (c *DemoCmd) run(ctx context.Context) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP)
	defer stop()
	info, err := os.Stdout.Stat()
	return demo.Run(ctx, demo.Config{
		Program: c.Program, Data: c.Data, Listen: c.Listen, History: c.History,
		Out: os.Stdout, Terminal: err == nil && info.Mode()&os.ModeCharDevice != 0,
	})
}

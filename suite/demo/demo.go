// Package demo shows the suite to whoever sees it first: it starts one with nothing in it, takes a real purchase history in,
// says what came of it, plays some stories with what customer, agent and manager each see, and leaves it running to look
// around. All that it tells, the REST interface has answered.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"kept.dev/kit/access"
	"kept.dev/kit/token"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// Config says where the demo is shown.
type Config struct {
	// Program is the command kept.
	Program string
	// Data is the folder for all that the suite keeps. What an earlier demo has left there is removed.
	Data string
	// Listen is the address of the REST front door.
	Listen string
	// History is the file to import, in the format of the CDNOW data set.
	History string
	// Out is where it is told.
	Out io.Writer
	// Terminal says that Out is one: then a bar is written over, and titles are bold.
	Terminal bool
}

// demo is one showing.
type demo struct {
	cfg    Config
	page   *page
	suite  *suite
	issuer *token.Issuer
	api    *api
}

// tokenTTL is how long the tokens of those who play last; the owner's in the data folder lasts longer.
const tokenTTL = 24 * time.Hour

// Run shows the demo and waits until ctx ends. The suite ends with it.
func Run(ctx context.Context, cfg Config) (err error) {
	d := &demo{cfg: cfg, page: &page{out: cfg.Out, bold: cfg.Terminal}}
	if err := d.start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	for _, step := range []func(context.Context) error{d.fill, d.look, d.stories, d.show} {
		if err := step(ctx); err != nil {
			if ctx.Err() != nil {
				return nil // whoever ends it needs no word why
			}
			return err
		}
	}
	select {
	case <-ctx.Done():
		return nil
	case <-d.suite.done:
		return fmt.Errorf("the suite has ended by itself: %s", d.suite.lastWords())
	}
}

// start starts a suite with nothing in it.
func (d *demo) start(ctx context.Context) (err error) {
	if d.cfg.Listen, err = free(d.cfg.Listen); err != nil {
		return err
	}
	if err := emptyFolder(d.cfg.Data); err != nil {
		return err
	}
	if d.suite, err = startSuite(ctx, d.cfg); err != nil {
		return err
	}
	if d.issuer, err = token.NewIssuer(filepath.Join(d.cfg.Data, "keys")); err != nil {
		return errors.Join(err, d.suite.stop())
	}
	owner, err := d.token(access.Principal{Role: accessv1.Role_ROLE_ADMIN, Subject: "admins/owner"})
	if err != nil {
		return errors.Join(err, d.suite.stop())
	}
	d.api = &api{url: d.suite.url, token: owner, http: &http.Client{}}
	d.page.title("Kept is running, a sandbox with nothing in it: %s", d.suite.url)
	return nil
}

func (d *demo) token(p access.Principal) (string, error) { return d.issuer.Issue(p, tokenTTL) }

func (d *demo) stop() error {
	d.page.text("\nStopping.")
	began := time.Now()
	if err := d.suite.stop(); err != nil {
		return err
	}
	d.page.text("Stopped in %.1f s. The data are in %s until the next demo.", time.Since(began).Seconds(), d.cfg.Data)
	return nil
}

package demo

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"kept.dev/suite/scenario"
)

// shown are the stories that are played.
var shown = []string{"S01", "S07", "S10"}

const (
	// callTime is how long a call of a story may take.
	callTime = time.Minute
	// soon is within what time others take up what has happened: longer than a customer of the sandbox would wait, because
	// the machine may be busy with something else.
	soon = 10 * time.Second
)

// stories plays stories, and narrates what each of those in them sees.
func (d *demo) stories(ctx context.Context) error {
	env := scenario.Environment{
		URL: d.api.url, Token: d.token, HTTP: &http.Client{Timeout: callTime}, Soon: soon,
		Mails: mailbox(d.mails()).to, Narrate: d.page.line,
	}
	for _, story := range scenario.Stories() {
		if !slices.Contains(shown, story.Number) {
			continue
		}
		d.page.title("%s  %s", story.Number, story.Title)
		checks, err := scenario.Run(ctx, env, story)
		if err != nil {
			return fmt.Errorf("%s: %w", story.Number, err)
		}
		d.page.text("  %d checks say that it was so.", checks)
	}
	return nil
}

// mails is the folder that takes the mails: no server is set.
func (d *demo) mails() string { return filepath.Join(d.cfg.Data, "mailbox") }

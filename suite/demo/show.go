package demo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// link is something to look at.
type link struct{ what, path string }

// show tells where to look around.
func (d *demo) show(ctx context.Context) error {
	links, err := d.links(ctx)
	if err != nil {
		return err
	}
	owner, err := os.ReadFile(filepath.Join(d.cfg.Data, "admin-token"))
	if err != nil {
		return err
	}
	mails, err := os.ReadDir(d.mails())
	if err != nil {
		return err
	}
	d.page.title("Now look around")
	d.page.text("  The documentation, to read and to try:  %s/docs", d.api.url)
	d.page.text("  The %d mails that went out:             %s", len(mails), d.mails())
	d.page.text("\n  With curl, as the owner, who may see all:\n")
	d.page.text("  TOKEN=%s", owner)
	for _, l := range links {
		d.page.text("\n  # %s\n  curl -sH \"Authorization: Bearer $TOKEN\" '%s%s'", l.what, d.api.url, l.path)
	}
	d.page.text("\n  Others see less. A token for an agent:\n  %s token --data %s --role agent --subject agents/anna", d.cfg.Program, d.cfg.Data)
	d.page.title("Kept goes on running on %s. Ctrl-C stops it.", d.api.url)
	return nil
}

// links are what is worth a look, now that something has happened.
func (d *demo) links(ctx context.Context) ([]link, error) {
	olena, order, err := d.olena(ctx)
	if err != nil {
		return nil, err
	}
	best := &customerv1.ListRfmScoresResponse{}
	if err := d.api.get(ctx, best, scores, "pageSize", "1"); err != nil {
		return nil, err
	}
	if len(best.GetRfmScores()) == 0 {
		return nil, fmt.Errorf("nobody has bought anything")
	}
	regular := best.GetRfmScores()[0].GetCustomer()
	return []link{
		{"all that happened between Olena of S07 and the shop", "/v1/" + olena + "/timelineEntries"},
		{"every word that she was told", address("/v1/messages", "filter", `customer = "`+olena+`"`)},
		{"her order that came in 20 days", "/v1/" + order},
		{"the scorecard: promises kept and broken, cancellations in silence", "/v1/scorecard"},
		{"the promises that were broken", address("/v1/promises", "filter", "state = BROKEN")},
		{"the cases that wait for a person", address("/v1/cases", "filter", "state = OPEN")},
		{"recency, frequency and money of all", "/v1/insights/default/rfmReport"},
		{"the ten best customers", address(scores, "orderBy", "total_amount desc", "pageSize", "10")},
		{"who has bought once and not come back since 1998", address(scores, "filter", lost)},
		{"the months", "/v1/insights/default/salesMonths"},
		{"the timeline of the best customer, from 1997 on", address("/v1/"+regular+"/timelineEntries", "orderBy", "event_time")},
		{"the proof that the points add up", "/v1/programs/main:verifyLedger"},
	}, nil
}

// olena finds the customer of S07 and her order: theirs is the one broken promise that an agent took care of to the end.
func (d *demo) olena(ctx context.Context) (customer, order string, err error) {
	found := &supportv1.ListCasesResponse{}
	if err := d.api.get(ctx, found, "/v1/cases", "filter", "kind = BROKEN_PROMISE AND state = CLOSED"); err != nil {
		return "", "", err
	}
	if len(found.GetCases()) == 0 {
		return "", "", fmt.Errorf("there is no case of S07")
	}
	return found.GetCases()[0].GetCustomer(), found.GetCases()[0].GetAbout(), nil
}

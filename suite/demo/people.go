package demo

import (
	"context"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	"kept.dev/suite/importer"
)

// scores is the list of customers by what they have bought.
const scores = "/v1/insights/default/rfmScores"

// best tells who the ten best customers are.
func (d *demo) best(ctx context.Context) error {
	found := &customerv1.ListRfmScoresResponse{}
	if err := d.api.get(ctx, found, scores, "orderBy", "total_amount desc", "pageSize", "10"); err != nil {
		return err
	}
	d.page.title("The ten best customers")
	d.page.text("  %-16s  %6s  %5s  %10s  %-16s  %s", "", "orders", "CDs", "revenue", "last order", "recency, frequency, money")
	for _, score := range found.GetRfmScores() {
		who := &customerv1.Customer{}
		if err := d.api.get(ctx, who, "/v1/"+score.GetCustomer()); err != nil {
			return err
		}
		d.page.text("  %-16s  %6s  %5s  %10s  %-16s  %d %d %d", who.GetDisplayName(), importer.Count(score.GetOrderCount()),
			importer.Count(score.GetUnitCount()), amount(score.GetTotalAmount()), score.GetLastOrderTime().AsTime().Format(dateFormat),
			score.GetRecencyScore(), score.GetFrequencyScore(), score.GetMonetaryScore())
	}
	return nil
}

// lost finds who has bought once and has not come back since the beginning of the history's last year.
const lost = `order_count = 1 AND last_order_time < "1998-01-01T00:00:00Z"`

// gone tells how many have bought once and not come back.
func (d *demo) gone(ctx context.Context) error {
	count, query := 0, []string{"filter", lost, "pageSize", "1000", "pageToken", ""}
	for more := true; more; {
		found := &customerv1.ListRfmScoresResponse{}
		if err := d.api.get(ctx, found, scores, query...); err != nil {
			return err
		}
		count += len(found.GetRfmScores())
		query[len(query)-1] = found.GetNextPageToken()
		more = found.GetNextPageToken() != ""
	}
	d.page.title("Who is gone")
	d.page.text("  %s customers have bought once, before 1998, and have not come back since.", importer.Count(int64(count)))
	return nil
}

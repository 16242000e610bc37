package demo_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

type money struct {
	CurrencyCode, Units string
	Nanos               int
}

func (m money) String() string {
	return fmt.Sprintf("%s.%02d %s", m.Units, m.Nanos/10_000_000, m.CurrencyCode)
}

type message struct {
	Customer, About, Title, Body string
	Options                      []struct{ Label string }
}

// messages are those that tell a fact.
func (r reader) messages(fact, more string) (all []message) {
	var found struct{ Messages []message }
	r.get("/v1/messages?filter="+url.QueryEscape(`event_type = "`+fact+`"`+more), &found)
	require.NotEmpty(r.t, found.Messages, fact)
	return found.Messages
}

// beginsWith is the first paragraph of a message, in one line.
func beginsWith(m message) string {
	first, _, _ := strings.Cut(m.Body, "\n\n")
	return strings.Join(strings.Fields(first), " ")
}

func day(t time.Time) string { return t.UTC().Format("2 January, 15:04") }

func (r reader) cancelledInSilence(told string) {
	asked := r.messages("kept.order.v1.ShortageReported", "")
	require.Len(r.t, asked, 4)
	require.Contains(r.t, told, asked[3].Title)
	require.Contains(r.t, told, beginsWith(asked[3]))
	require.Contains(r.t, told, asked[3].Options[0].Label)
	var order struct {
		TotalAmount money
		CreateTime  time.Time
	}
	r.get("/v1/"+asked[3].About, &order)
	require.Contains(r.t, told, order.TotalAmount.String())
	require.Contains(r.t, told, day(order.CreateTime.Add(24*time.Hour)))
	var calls struct {
		Cases []struct {
			Title        string
			ReplyDueTime time.Time
		}
	}
	r.get("/v1/cases?filter="+url.QueryEscape("kind = CALL"), &calls)
	require.Len(r.t, calls.Cases, 1)
	require.Contains(r.t, told, calls.Cases[0].Title)
	require.Contains(r.t, told, day(calls.Cases[0].ReplyDueTime))
	require.Contains(r.t, told, " 0 of them in silence.")
}

func (r reader) promiseBroken(told string) {
	delayed := r.messages("kept.order.v1.OrderDelayed", "")
	order := delayed[len(delayed)-1].About
	for _, m := range delayed {
		if strings.Contains(told, m.Title) && strings.Contains(told, beginsWith(m)) {
			order = m.About
		}
	}
	apology := r.messages("kept.promise.v1.RemedyRequired", ` AND about = "`+order+`"`)
	require.Len(r.t, apology, 1)
	require.Contains(r.t, told, beginsWith(apology[0]))
	var refunds struct {
		Refunds []struct {
			Amount              money
			SettlementReference string
		}
	}
	r.get("/v1/"+order+"/refunds", &refunds)
	require.Len(r.t, refunds.Refunds, 1)
	require.Contains(r.t, told, refunds.Refunds[0].Amount.String())
	require.Contains(r.t, told, refunds.Refunds[0].SettlementReference)
	r.pointsOf(told, apology[0].Customer, order)
	var cases struct {
		Cases []struct{ Title, Queue, Resolution string }
	}
	r.get("/v1/cases?filter="+url.QueryEscape(`about = "`+order+`"`), &cases)
	require.Len(r.t, cases.Cases, 1)
	for _, words := range []string{cases.Cases[0].Title, cases.Cases[0].Queue, cases.Cases[0].Resolution} {
		require.Contains(r.t, told, words)
	}
}

// pointsOf compares the points that were told of an order: those of goodwill, and those that were earned, with the balance then.
func (r reader) pointsOf(told, customer, order string) {
	var postings struct {
		Postings []struct{ Kind, Points, Balance, About string }
	}
	r.get("/v1/programs/main/accounts/"+strings.TrimPrefix(customer, "customers/")+"/postings", &postings)
	compared := 0
	for _, p := range postings.Postings {
		switch {
		case p.About != order:
			continue
		case p.Kind == "EARNING":
			require.Contains(r.t, told, p.Points+" points, which makes "+p.Balance)
		default:
			require.Contains(r.t, told, p.Points+" points of goodwill")
		}
		compared++
	}
	require.Equal(r.t, 2, compared)
}

func (r reader) oneCustomer(told string) {
	var orders struct {
		Orders []struct {
			Name, Customer, Channel, Agent string
			GoodsAmount, TotalAmount       money
		}
	}
	r.get("/v1/orders?filter="+url.QueryEscape("channel = STORE"), &orders)
	require.Len(r.t, orders.Orders, 1)
	require.Contains(r.t, told, orders.Orders[0].GoodsAmount.String())
	var timeline struct {
		TimelineEntries []struct {
			EventTime      time.Time
			Channel, Agent string
			Details        map[string]string
		}
	}
	r.get("/v1/"+orders.Orders[0].Customer+"/timelineEntries?filter="+url.QueryEscape(`event_type = "kept.order.v1.OrderPlaced"`), &timeline)
	require.Len(r.t, timeline.TimelineEntries, 3)
	for _, e := range timeline.TimelineEntries {
		require.Contains(r.t, told, e.EventTime.Format("15:04:05.000")+", OrderPlaced by "+e.Channel)
		require.Contains(r.t, told, e.Details["total_amount"])
		require.Contains(r.t, told, e.Agent)
	}
}

// links follows every link that is told.
func (r reader) links(text string) {
	all := regexp.MustCompile(`http://[^\s']+`).FindAllString(text, -1)
	seen := map[string]bool{}
	for _, link := range all {
		if link = strings.TrimSuffix(link, "."); link != r.url && !seen[link] {
			require.NotEmpty(r.t, r.body(link), link)
			seen[link] = true
		}
	}
	require.Greater(r.t, len(seen), 10)
	for _, what := range []string{"/docs", "/timelineEntries", "/v1/messages", "/v1/scorecard", "/v1/insights/default/rfmReport", "/v1/insights/default/salesMonths"} {
		require.Regexp(r.t, regexp.QuoteMeta(r.url)+`\S*`+what, text)
	}
}

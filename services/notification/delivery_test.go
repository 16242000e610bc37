package notification

import (
	"context"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit"
	"kept.dev/kit/kittest"
	"kept.dev/kit/timer"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/notification/internal/mailer"
)

// mailed is a message on its way to Olena, after a first try.
func (b *fixture) mailed(answers ...mailer.Outcome) {
	b.t.Helper()
	b.post.answers = answers
	b.meet(olena, "en", "olena@example.org")
	b.told(&orderv1.OrderDelayed{Order: "orders/0190", Customer: olena})
}

func (b *fixture) email() *notificationv1.Message_Delivery {
	b.t.Helper()
	return b.only(b.customer(olena)).GetDeliveries()[0]
}

// history is how the tries ended.
func history(d *notificationv1.Message_Delivery) string {
	var all []string
	for _, a := range d.GetAttempts() {
		end := a.GetOutcome().String() + " " + a.GetResponse()
		if a.GetEndTime() == nil {
			end = "open"
		}
		all = append(all, end)
	}
	return strings.Join(all, "; ")
}

var (
	busy    = mailer.Outcome{State: mailer.Retry, Answer: "451 4.3.0 busy"}
	taken   = mailer.Outcome{State: mailer.Sent, Answer: "250 2.0.0 OK"}
	refused = mailer.Outcome{State: mailer.Failed, Answer: "550 5.1.1 olena@example.org unknown\x00\xff"}
	lost    = mailer.Outcome{State: mailer.Unknown, Answer: "connection lost"}
)

func TestABusyServerIsTriedAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.mailed(busy, busy, taken)
		require.Equal(t, notificationv1.Message_PENDING, b.email().GetState())
		require.Equal(t, "FAILED 451 4.3.0 busy", history(b.email()))
		b.work()
		require.Len(t, b.post.sent(), 1, "not before the back-off is over")
		b.pass(time.Minute)
		b.pass(time.Minute)
		require.Equal(t, notificationv1.Message_SENT, b.email().GetState())
		require.NotNil(t, b.email().GetSendTime())
		require.Equal(t, "FAILED 451 4.3.0 busy; FAILED 451 4.3.0 busy; SENT 250 2.0.0 OK", history(b.email()))
		require.Equal(t, b.post.sent()[0], b.post.sent()[2], "the same mail each time")
		require.NotContains(t, b.log.String(), "4.3.0", "what servers answer is in no log")
		require.EqualValues(t, 2, b.said(&notificationv1.DeliveryCompleted{}))
	})
}

func TestARefusalIsTheEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.mailed(refused)
		b.pass(24 * time.Hour)
		require.Equal(t, notificationv1.Message_FAILED, b.email().GetState())
		require.Equal(t, "FAILED 550 5.1.1 olena@example.org unknown \uFFFD", history(b.email()))
		require.Nil(t, b.email().GetSendTime())
		require.Len(t, b.post.sent(), 1)
		require.EqualValues(t, 2, b.said(&notificationv1.DeliveryCompleted{}))
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from timer`))
	})
}

func TestWhatIsNotKnownIsSaidToBe(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.mailed(lost)
		b.pass(24 * time.Hour)
		require.Equal(t, notificationv1.Message_UNKNOWN, b.email().GetState())
		require.Equal(t, "UNKNOWN connection lost", history(b.email()))
		require.Len(t, b.post.sent(), 1)
		require.EqualValues(t, 2, b.said(&notificationv1.DeliveryCompleted{}))
	})
}

func resending(d *kit.Deps) { d.Mail.Resend = true }

func TestWhatIsNotKnownIsSentAgainWhereTheShopWantsThat(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.mailed(lost, taken)
		require.Equal(t, notificationv1.Message_PENDING, b.email().GetState())
		b.pass(time.Minute)
		require.Equal(t, notificationv1.Message_SENT, b.email().GetState())
		require.Equal(t, "UNKNOWN connection lost; SENT 250 2.0.0 OK", history(b.email()))
		require.Equal(t, b.post.sent()[0].MessageID, b.post.sent()[1].MessageID, "its receiver can tell")
	}, resending)
}

// stall has a worker begin to send and come to nothing more for the time being, as one that was killed, until goOn is closed.
func (b *fixture) stall(answers ...mailer.Outcome) (goOn chan struct{}, over chan struct{}) {
	b.t.Helper()
	b.post.answers = answers
	sending, goOn, over := make(chan struct{}), make(chan struct{}), make(chan struct{})
	b.post.meet = func(context.Context) {
		b.post.meet = nil // it is the first only
		close(sending)
		<-goOn
	}
	b.meet(olena, "en", "olena@example.org")
	b.take(&orderv1.OrderDelayed{Order: "orders/0190", Customer: olena})
	slow := b.newWorker()
	go func() {
		defer close(over)
		_, _ = slow.Round(context.WithoutCancel(b.t.Context()))
	}()
	<-sending
	require.Equal(b.t, "open", history(b.email()))
	require.Equal(b.t, notificationv1.Message_SENDING, b.email().GetState())
	return goOn, over
}

// takenOver: the lease is over, and the next worker comes.
func (b *fixture) takenOver() {
	b.t.Helper()
	kittest.Exec(b.t, b.db, `update timer set leased = 0`)
	b.work()
}

// late are the answers with which one who was thought dead comes back. They count for nothing any more.
var late = map[string]mailer.Outcome{"it was taken": taken, "it was not": busy, "it was refused": refused}

func TestATryThatWasCutOffIsNotMadeAgain(t *testing.T) {
	for name, answer := range late {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, b *fixture) {
				goOn, over := b.stall(answer)
				b.takenOver()
				check := func() {
					require.Equal(t, notificationv1.Message_UNKNOWN, b.email().GetState())
					require.Equal(t, "UNKNOWN the process ended before the answer came", history(b.email()))
					require.Len(t, b.post.sent(), 1)
					require.EqualValues(t, 2, b.said(&notificationv1.DeliveryCompleted{}))
				}
				check()
				close(goOn)
				<-over
				b.pass(24 * time.Hour)
				check()
			})
		})
	}
}

// finding is a sender that can tell later what it has taken, as a folder can.
type finding struct {
	mailer.Sender
	found mailer.Outcome
}

func (f finding) Find(string) mailer.Outcome { return f.found }

// Where the outcome of a try that was cut off can be looked up, nothing stays unknown: the mail is sent once.
func TestTheOutcomeOfATryThatWasCutOffIsLookedUp(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		goOn, over := b.stall(taken)
		b.sendBy(finding{b.post, mailer.Outcome{State: mailer.Sent, Answer: "one.eml"}})
		b.takenOver()
		require.Equal(t, notificationv1.Message_SENT, b.email().GetState())
		require.Equal(t, "SENT one.eml", history(b.email()))
		require.Len(t, b.post.sent(), 1)
		close(goOn)
		<-over
	})
	onBoth(t, func(t *testing.T, b *fixture) {
		goOn, over := b.stall(busy, taken)
		b.sendBy(finding{b.post, mailer.Outcome{State: mailer.Retry, Answer: "it is not there"}})
		b.takenOver()
		require.Equal(t, notificationv1.Message_SENT, b.email().GetState())
		require.Equal(t, "FAILED it is not there; SENT 250 2.0.0 OK", history(b.email()))
		require.Len(t, b.post.sent(), 2)
		close(goOn)
		<-over
	})
}

func TestATryThatWasCutOffIsMadeAgainWhereTheShopWantsThat(t *testing.T) {
	for name, answer := range late {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, b *fixture) {
				goOn, over := b.stall(answer, taken)
				b.takenOver()
				check := func() {
					require.Equal(t, notificationv1.Message_SENT, b.email().GetState())
					require.Equal(t, "UNKNOWN the process ended before the answer came; SENT 250 2.0.0 OK", history(b.email()))
					require.Len(t, b.post.sent(), 2)
					require.Equal(t, b.post.sent()[0].MessageID, b.post.sent()[1].MessageID)
					require.EqualValues(t, 2, b.said(&notificationv1.DeliveryCompleted{}))
				}
				check()
				close(goOn)
				<-over
				b.pass(24 * time.Hour)
				check()
			}, resending)
		})
	}
}

// A process that is told to stop writes down what it knows, and hands the mail to the next.
func TestAStoppingProcessLeavesNoDoubt(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		stopping, stop := context.WithCancel(context.WithoutCancel(t.Context()))
		b.post.answers = []mailer.Outcome{busy, taken}
		b.post.meet = func(ctx context.Context) {
			stop()
			<-ctx.Done()
		}
		b.meet(olena, "en", "olena@example.org")
		b.take(&orderv1.OrderDelayed{Order: "orders/0190", Customer: olena})
		_, _ = b.worker.Round(stopping)
		require.Equal(t, notificationv1.Message_PENDING, b.email().GetState())
		failed, err := timer.ListFailed(t.Context(), b.db, timer.Failed{}, 10)
		require.NoError(t, err)
		require.Empty(t, failed, "nobody is charged")
		b.post.meet = nil
		b.work()
		require.Equal(t, "FAILED 451 4.3.0 busy; SENT 250 2.0.0 OK", history(b.email()))
	})
}

func TestAnAddressThatWasTakenAwayGetsNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.mailed(busy, taken)
		b.hear(b.news(olena, 2, &customerv1.CustomerContactChanged{Customer: olena}))
		b.pass(time.Minute)
		require.Equal(t, notificationv1.Message_SKIPPED, b.email().GetState())
		require.Equal(t, "FAILED 451 4.3.0 busy", history(b.email()))
		require.Len(t, b.post.sent(), 1)
	})
}

// Names, reasons and product names are what people wrote. In a real mail they are words, never headers or markup.
func TestForeignWordsDoNotSteerAMail(t *testing.T) {
	const evil = "Olena\r\nBcc: all@example.org\r\n\r\n<script>alert(1)</script>\x1b[2J"
	folder := t.TempDir()
	db := kittest.Open(t, kittest.NewURL(t, "sqlite"))
	b := newFixture(t, db, func(d *kit.Deps) {
		d.Mail.Folder, d.Mail.From = folder, "The Shop <service@shop.example>"
	})
	b.hear(b.news(olena, 1, &customerv1.CustomerContactChanged{Customer: olena, DisplayName: evil, Email: "olena@example.org", EmailConfirmed: true, LanguageCode: "en"}))
	s := b.shortage()
	s.Reason, s.ProductDisplayName, s.SubstituteDisplayName = evil, evil, evil
	b.told(s)
	require.Equal(t, notificationv1.Message_SENT, b.email().GetState(), history(b.email()))

	text, html, header := readMail(t, folder)
	require.Empty(t, header.Get("Bcc"))
	require.Len(t, header["To"], 1)
	to, err := header.AddressList("To")
	require.NoError(t, err)
	require.Len(t, to, 1)
	require.Equal(t, "olena@example.org", to[0].Address)
	require.NotContains(t, html, "<script")
	require.Contains(t, html, "&lt;script&gt;alert(1)&lt;/script&gt;")
	require.NotContains(t, text+html, "\x1b")
	for _, o := range b.only(b.customer(olena)).GetOptions() {
		url := "https://shop.example/a/" + strings.TrimPrefix(o.GetAction(), "actions/")
		require.Contains(t, text, url)
		require.Contains(t, html, `<a href="`+url+`"`)
		require.NotContains(t, o.GetLabel(), "\n")
	}
	require.Equal(t, 3, strings.Count(html, "<a "))
	require.NotContains(t, html, "<form", "a mail does nothing by itself")
}

// readMail reads the one mail in the folder.
func readMail(t *testing.T, folder string) (text, html string, header mail.Header) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.eml"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	file, err := os.Open(files[0])
	require.NoError(t, err)
	defer file.Close()
	m, err := mail.ReadMessage(file)
	require.NoError(t, err)
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	require.NoError(t, err)
	parts := multipart.NewReader(m.Body, params["boundary"])
	var bodies []string
	for range 2 {
		part, err := parts.NextPart()
		require.NoError(t, err)
		body, err := io.ReadAll(part)
		require.NoError(t, err)
		bodies = append(bodies, string(body))
	}
	return bodies[0], bodies[1], m.Header
}

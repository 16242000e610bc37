package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// sustained places orders in an open loop at a tenth of the yardstick and looks whether the events keep up.
func (r *run) sustained(ctx context.Context, s *shop) error {
	if !r.cfg.wants("sustained") {
		return nil
	}
	yard, err := r.yard.measure(ctx, r.cfg.of(5*time.Second))
	if err != nil {
		return err
	}
	book, err := r.watch(ctx, "customer")
	if err != nil {
		return err
	}
	defer book.Close(context.WithoutCancel(ctx))
	orders, err := r.watch(ctx, "order")
	if err != nil {
		return err
	}
	defer orders.Close(context.WithoutCancel(ctx))

	rate, d := yard*0.10, r.cfg.of(60*time.Second)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	early := make(chan lag, 1)
	go func() {
		select {
		case <-time.After(d / 6):
			l, _ := r.lag(ctx, orders, book)
			early <- l
		case <-ctx.Done():
		}
	}()
	made := openLoop(ctx, rate, d, func(ctx context.Context, n int) error { _, err := s.order(ctx, n); return err })
	first := <-early
	last, err := r.lag(ctx, orders, book)
	if err != nil {
		return err
	}
	r.print("sustained: %.0f orders/s (0.10 of %.0f) for %s: %d placed, %d failed %s, p50 %s, p99 %s", rate, yard, d, made.Done, made.Failed,
		orNothing(made.FirstFault), made.P50.Round(10*time.Microsecond), made.P99.Round(10*time.Microsecond))
	r.print("sustained: behind after a sixth %v, at the end %v (needed: no more at the end)", first, last)
	return r.settle(ctx, orders, book)
}

// settle waits until the book has every promise, and compares.
func (r *run) settle(ctx context.Context, orders, book *pgx.Conn) error {
	start := time.Now()
	for {
		l, err := r.lag(ctx, orders, book)
		if err != nil {
			return err
		}
		if l.promises == 0 && l.outbox == 0 {
			r.print("sustained: every promise is in the book %s after the last order", time.Since(start).Round(time.Millisecond))
			return nil
		}
		if time.Since(start) > time.Minute {
			return errors.New("the book is not complete a minute after the last order: " + l.String())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// lag is how far events are behind.
type lag struct{ outbox, promises int64 }

func (l lag) String() string {
	return fmt.Sprintf("%d events unpublished, %d promises not in the book", l.outbox, l.promises)
}

func (r *run) watch(ctx context.Context, database string) (*pgx.Conn, error) {
	return pgx.Connect(ctx, r.many.Postgres.URL(database))
}

func (r *run) lag(ctx context.Context, orders, book *pgx.Conn) (lag, error) {
	var l lag
	var placed, noted int64
	if err := book.QueryRow(ctx, "select count(*) from promise").Scan(&noted); err != nil {
		return l, err
	}
	err := orders.QueryRow(ctx, "select (select count(*) from outbox where pending), (select count(*) from orders)").Scan(&l.outbox, &placed)
	l.promises = max(0, placed-noted)
	return l, err
}

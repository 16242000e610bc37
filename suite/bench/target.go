package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/redis/go-redis/v9"

	"kept.dev/kit/bus"
	"kept.dev/kit/sqldb"
	"kept.dev/suite/cluster"
	"kept.dev/suite/embedded"
	"kept.dev/suite/scenario"
)

// target is a running suite that is measured, in one of the two shapes.
type target struct {
	shape     string
	env       scenario.Environment
	processes []*cluster.Process // but not what they stand on
	pids      []int              // of all of them, and of what they stand on
	sink      *sink              // takes the mails
	databases map[string]*sqldb.DB
	// unhandled is how many events a service has not taken from the bus.
	unhandled func(ctx context.Context, service string) (int64, error)

	shop *shop // opened when it is first needed
	stop func() error
}

// distributed is two replicas of each service behind the gateway, on PostgreSQL and Redis.
func (r *run) distributed(ctx context.Context) (*target, error) {
	sink, err := openSink()
	if err != nil {
		return nil, err
	}
	many, err := cluster.Start(ctx, cluster.Config{
		Dir: filepath.Join(r.dir, "many"), Bin: r.bin(), Unlimited: true, Env: []string{"KEPT_SMTP=" + sink.url()},
	})
	if err != nil {
		return nil, err
	}
	options, err := redis.ParseURL(many.Redis.URL())
	if err != nil {
		return nil, errors.Join(err, many.Stop())
	}
	client := redis.NewClient(options)
	events := bus.NewRedis(bus.RedisConfig{Client: client, Services: many.Services()})
	p := &target{
		shape: "distributed", env: many.Environment(), processes: many.Processes, sink: sink, unhandled: events.Pending,
		pids: []int{many.Postgres.PID(), many.Redis.PID()},
		stop: func() error { return errors.Join(client.Close(), many.Stop()) },
	}
	for _, process := range many.Processes {
		p.pids = append(p.pids, process.PID())
	}
	return p, p.connect(ctx, many.Services(), many.Postgres.URL)
}

// embedded is the whole suite in one process.
func (r *run) embedded(ctx context.Context) (*target, error) {
	sink, err := openSink()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(r.dir, "one")
	one, err := cluster.StartEmbedded(ctx, dir, r.bin(), false, "KEPT_RATE_LIMIT=0", "KEPT_SMTP="+sink.url())
	if err != nil {
		return nil, err
	}
	p := &target{
		shape: "embedded", env: one.Environment(), processes: []*cluster.Process{one.Process}, pids: []int{one.Process.PID()}, sink: sink,
		unhandled: func(context.Context, string) (int64, error) { return 0, nil }, stop: one.Stop,
	}
	return p, p.connect(ctx, names(), func(service string) string { return "sqlite:" + filepath.Join(dir, service+".db") })
}

func names() (all []string) {
	for name := range embedded.Services() {
		all = append(all, name)
	}
	return all
}

// connect opens the services' databases, to look into them from outside and to fill them.
func (p *target) connect(ctx context.Context, services []string, url func(service string) string) (err error) {
	p.databases = map[string]*sqldb.DB{}
	for _, service := range services {
		if p.databases[service], err = sqldb.Open(ctx, sqldb.Config{URL: url(service)}); err != nil {
			return errors.Join(err, p.close())
		}
	}
	return nil
}

func (p *target) close() error {
	for _, db := range p.databases {
		if db != nil {
			db.Close()
		}
	}
	err := p.stop()
	p.sink.close()
	return err
}

// open opens the shop.
func (p *target) open(ctx context.Context) (_ *shop, err error) {
	if p.shop == nil {
		p.shop, err = openShop(ctx, p.env, 1000, 64)
	}
	return p.shop, err
}

// number is the answer of a query for one number.
func (p *target) number(ctx context.Context, service, query string, args ...any) (int64, error) {
	rows, err := p.databases[service].Query(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return sqldb.One(rows, func(r *sqldb.Rows) (n int64, err error) { return n, r.Scan(&n) })
}

// lag is how far events are behind: unpublished ones, and those that a service has not taken in.
type lag struct{ outbox, bus int64 }

func (l lag) none() bool { return l == lag{} }

func (l lag) String() string {
	return fmt.Sprintf("%d events unpublished, %d not taken in", l.outbox, l.bus)
}

func (p *target) lag(ctx context.Context) (l lag, err error) {
	for service := range p.databases {
		n, err := p.number(ctx, service, `select count(*) from outbox where pending`)
		if err != nil {
			return l, err
		}
		l.outbox += n
		if n, err = p.unhandled(ctx, service); err != nil {
			return l, err
		}
		l.bus += n
	}
	return l, nil
}

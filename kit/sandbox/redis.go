package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"google.golang.org/grpc"

	"kept.dev/kit/clock"
	"kept.dev/kit/errs"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

// Redis is a world of many processes. The offset and the list of processes are in Redis; each process writes itself
// down every second, and brings the offset back should Redis have lost it.
type Redis struct {
	Client   redis.UniversalClient
	Clock    *clock.Sandbox
	Services []string // there has to be a process of each
	// Service, Process and Address are this process's own.
	Service, Process, Address string
	Dial                      func(service, address string) (grpc.ClientConnInterface, error)
	Log                       *slog.Logger

	mu    sync.Mutex
	conns map[string]grpc.ClientConnInterface
}

const (
	offsetKey  = "kept:sandbox:offset"
	membersKey = "kept:{sandbox}:members" // each with the time, by Redis's clock, until which it counts
	sinceKey   = "kept:{sandbox}:since"   // since when the list is kept; another time after Redis has lost it
	memberTTL  = 3 * time.Second
	enlisting  = memberTTL / 3 // how often a process puts itself on the list
)

// raise sets the offset to the larger of what is there and what is given, and returns it.
var raise = redis.NewScript(`
	local known = tonumber(redis.call("get", KEYS[1]) or "0")
	local offered = tonumber(ARGV[1])
	if offered > known then redis.call("set", KEYS[1], ARGV[1]) return ARGV[1] end
	return tostring(redis.call("get", KEYS[1]) or "0")`)

// Share raises the offset for everybody.
func (r *Redis) Share(ctx context.Context, offset time.Duration) error {
	micros, err := raise.Run(ctx, r.Client, []string{offsetKey}, offset.Microseconds()).Int64()
	if err != nil {
		return errs.Unavailable("CLOCK_UNAVAILABLE", "the sandbox's clock cannot be moved").Because(err)
	}
	r.Clock.Advance(time.Duration(micros) * time.Microsecond)
	return nil
}

// Refresh brings this process's clock up to date.
func (r *Redis) Refresh(ctx context.Context) error { return r.Share(ctx, r.Clock.Offset()) }

// Begin waits until this process knows what time it is: one that was started while Redis was away would live in a past that
// nobody else remembers.
func (r *Redis) Begin(ctx context.Context) error {
	for {
		err := r.Refresh(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the sandbox's clock is not known: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Run keeps this process on the list until the context ends.
func (r *Redis) Run(ctx context.Context) error {
	self := r.Service + " " + r.Process + " " + r.Address
	for {
		err := errors.Join(r.Refresh(ctx), r.enlist(ctx, self))
		if err != nil && ctx.Err() == nil {
			r.Log.WarnContext(ctx, "sandbox: Redis does not answer", "error", err)
		}
		select {
		case <-ctx.Done():
			gone, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			return r.Client.ZRem(gone, membersKey, self).Err()
		case <-time.After(enlisting):
		}
	}
}

func (r *Redis) enlist(ctx context.Context, self string) error {
	return enlist.Run(ctx, r.Client, []string{membersKey, sinceKey}, self, memberTTL.Milliseconds()).Err()
}

// now is Redis's time in milliseconds: the processes' clocks may differ.
const now = `local t = redis.call("time") local now = t[1] * 1000 + math.floor(t[2] / 1000) `

var (
	enlist = redis.NewScript(now + `
		redis.call("set", KEYS[2], now, "nx")
		redis.call("zremrangebyscore", KEYS[1], "-inf", now)
		return redis.call("zadd", KEYS[1], now + ARGV[2], ARGV[1])`)
	present = redis.NewScript(now + `
		local age = now - tonumber(redis.call("get", KEYS[2]) or now)
		return {tostring(age), unpack(redis.call("zrangebyscore", KEYS[1], "(" .. now, "+inf"))}`)
)

// Members are the processes on the list. A list that Redis has just lost may lack some of them, whose clocks nobody would
// bring up to date: it counts when everybody has had the time to be on it again.
func (r *Redis) Members(ctx context.Context) ([]opsv1.ActivityServiceClient, error) {
	answer, err := present.Run(ctx, r.Client, []string{membersKey, sinceKey}).StringSlice()
	if err != nil {
		return nil, err
	}
	age, list := answer[0], answer[1:]
	there := map[string]bool{}
	var members []opsv1.ActivityServiceClient
	for _, entry := range list {
		var service, process, address string
		if _, err := fmt.Sscan(entry, &service, &process, &address); err != nil {
			return nil, fmt.Errorf("read the list of processes: %w", err)
		}
		conn, err := r.conn(service, address)
		if err != nil {
			return nil, err
		}
		there[service] = true
		members = append(members, opsv1.NewActivityServiceClient(conn))
	}
	for _, service := range r.Services {
		if !there[service] {
			return nil, fmt.Errorf("no process of %s is there", service)
		}
	}
	if millis, err := strconv.ParseInt(age, 10, 64); err != nil || millis < (enlisting*3/2).Milliseconds() {
		return nil, errors.Join(errors.New("the list of processes is not complete yet"), err)
	}
	return members, nil
}

func (r *Redis) conn(service, address string) (grpc.ClientConnInterface, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if conn, ok := r.conns[address]; ok {
		return conn, nil
	}
	conn, err := r.Dial(service, address)
	if err != nil {
		return nil, err
	}
	if r.conns == nil {
		r.conns = map[string]grpc.ClientConnInterface{}
	}
	r.conns[address] = conn
	return conn, nil
}

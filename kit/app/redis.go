package app

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/redis/go-redis/v9"
)

// topologyEvery is how often a Redis Cluster is asked which node has what. The library asks every minute, and otherwise only when
// a node sends it elsewhere: a master that has died sends nobody anywhere, and its replica would not be found.
const topologyEvery = time.Second

// away is how long Redis may be silent before a call is tried again, and how long connecting may take.
const away = 2 * time.Second

// openRedis connects to one Redis, or to a Redis Cluster where the address names more of its nodes:
// "redis://one:6379?addr=two:6379&addr=three:6379".
//
// A call's deadline counts while Redis is waited for, too. Without that, a network that swallows everything would hold each
// call for twenty seconds, however short its own patience.
func openRedis(address string) (redis.UniversalClient, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("redis: the address is no URL") // and the parser's words would show the password
	}
	if parsed.Query().Has("addr") {
		cluster, err := redis.ParseClusterURL(address)
		if err != nil {
			return nil, fmt.Errorf("redis: %w", err)
		}
		cluster.ContextTimeoutEnabled, cluster.ClusterStateReloadInterval = true, topologyEvery
		cluster.ReadTimeout, cluster.DialTimeout = cmp.Or(cluster.ReadTimeout, away), cmp.Or(cluster.DialTimeout, away)
		return redis.NewClusterClient(cluster), nil
	}
	single, err := redis.ParseURL(address)
	if err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	single.ContextTimeoutEnabled = true
	single.ReadTimeout, single.DialTimeout = cmp.Or(single.ReadTimeout, away), cmp.Or(single.DialTimeout, away)
	return redis.NewClient(single), nil
}

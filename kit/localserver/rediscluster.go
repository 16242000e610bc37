package localserver

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	masters = 3 // each with one replica
	slots   = 16384
	// nodeTimeout is after how many milliseconds a silent node counts as failed, and its replica takes over.
	nodeTimeout = "1000"
	// joining bounds how long the nodes may take to know each other.
	joining = 30 * time.Second
)

// RedisCluster is a running Redis Cluster: three masters that share the slots, and a replica of each.
type RedisCluster struct {
	// Nodes are all servers: the first half has started as masters.
	Nodes []*Redis
}

// StartRedisCluster starts six servers below dir, makes them a cluster, and returns when every replica follows its master. The
// arguments are redis-server's own.
func StartRedisCluster(ctx context.Context, dir string, args ...string) (c *RedisCluster, err error) {
	ctx, cancel := context.WithTimeout(ctx, joining)
	defer cancel()
	c = &RedisCluster{}
	defer func() {
		if err != nil {
			c.Stop()
		}
	}()
	for i := range 2 * masters {
		port, err := FreePort() // the usual one, 10,000 higher, may be taken, or may not exist
		if err != nil {
			return nil, err
		}
		node, err := StartRedis(ctx, filepath.Join(dir, "node-"+strconv.Itoa(i+1)), append([]string{
			"--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(port), "--cluster-node-timeout", nodeTimeout,
			"--repl-diskless-sync-delay", "0",
		}, args...)...)
		if err != nil {
			return nil, err
		}
		c.Nodes = append(c.Nodes, node)
		if err := c.join(ctx, i, port); err != nil {
			return nil, fmt.Errorf("node %d joins the cluster: %w", i+1, err)
		}
	}
	return c, c.settle(ctx)
}

// join gives a master its slots, and has every node but the first meet the first.
func (c *RedisCluster) join(ctx context.Context, i, port int) error {
	client := c.Nodes[i].Client()
	defer client.Close()
	if err := client.Do(ctx, "cluster", "set-config-epoch", i+1).Err(); err != nil {
		return err
	}
	if i < masters {
		if err := client.ClusterAddSlotsRange(ctx, i*slots/masters, (i+1)*slots/masters-1).Err(); err != nil {
			return err
		}
	}
	if i == 0 {
		return nil
	}
	first := c.Nodes[0].Client()
	defer first.Close()
	return first.Do(ctx, "cluster", "meet", "127.0.0.1", c.Nodes[i].Port, port).Err()
}

// settle waits until all know each other, has the second half follow the first, and waits until they do.
func (c *RedisCluster) settle(ctx context.Context) error {
	if err := c.await(ctx, c.whole); err != nil {
		return err
	}
	for i, node := range c.Nodes[masters:] {
		if err := follow(ctx, node, c.Nodes[i]); err != nil {
			return fmt.Errorf("node %d follows node %d: %w", masters+i+1, i+1, err)
		}
	}
	return c.await(ctx, c.followed)
}

func follow(ctx context.Context, replica, master *Redis) error {
	from, to := replica.Client(), master.Client()
	defer from.Close()
	defer to.Close()
	id, err := to.ClusterMyID(ctx).Result()
	if err != nil {
		return err
	}
	return from.ClusterReplicate(ctx, id).Err()
}

// await asks every node until it is as wanted.
func (c *RedisCluster) await(ctx context.Context, wanted func(ctx context.Context, client *redis.Client) error) error {
	for _, node := range c.Nodes {
		client := node.Client()
		defer client.Close()
		for {
			err := wanted(ctx, client)
			if err == nil {
				break
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("the cluster does not come together: %w", err)
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	return nil
}

// whole tells whether the node knows all others and finds the cluster well.
func (c *RedisCluster) whole(ctx context.Context, client *redis.Client) error {
	info, err := client.ClusterInfo(ctx).Result()
	if err != nil {
		return err
	}
	if !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, "cluster_known_nodes:"+strconv.Itoa(len(c.Nodes))) {
		return errors.New(info)
	}
	return nil
}

// followed tells whether the node is a master whose replica has caught up, or such a replica.
func (c *RedisCluster) followed(ctx context.Context, client *redis.Client) error {
	info, err := client.Info(ctx, "replication").Result()
	if err != nil {
		return err
	}
	if !strings.Contains(info, "state=online") && !strings.Contains(info, "master_link_status:up") {
		return errors.New(info)
	}
	return c.whole(ctx, client)
}

// MasterOf is the node that has the key now.
func (c *RedisCluster) MasterOf(ctx context.Context, key string) (*Redis, error) {
	options, err := redis.ParseClusterURL(c.URL())
	if err != nil {
		return nil, err
	}
	client := redis.NewClusterClient(options)
	defer client.Close()
	master, err := client.MasterForKey(ctx, key)
	if err != nil {
		return nil, err
	}
	for _, node := range c.Nodes {
		if node.Addr() == master.Options().Addr {
			return node, nil
		}
	}
	return nil, fmt.Errorf("%s is none of the nodes", master.Options().Addr)
}

// URL is the cluster's address, for redis.ParseClusterURL.
func (c *RedisCluster) URL() string {
	others := url.Values{}
	for _, node := range c.Nodes[1:] {
		others.Add("addr", node.Addr())
	}
	return "redis://" + c.Nodes[0].Addr() + "?" + others.Encode()
}

// Stop ends all nodes.
func (c *RedisCluster) Stop() {
	for _, node := range c.Nodes {
		node.Stop(true)
	}
}

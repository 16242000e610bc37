// Package agent keeps a node's table as the cluster's NetworkPolicies say.
package agent

import (
	"context"
	"fmt"
	"log"
	"os/exec"
	"slices"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"

	"kept.dev/tools/cluster/policy"
)

// settle is how long changes are gathered before the table is made anew.
const settle = 50 * time.Millisecond

// agent follows the cluster.
type agent struct {
	node    string
	factory informers.SharedInformerFactory
	changed chan struct{}
	last    string // the table that is in force
}

// Run keeps the node's table as the policies say, until the context ends. It needs nft.
func Run(ctx context.Context, kubeconfig, node string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	a := &agent{node: node, factory: informers.NewSharedInformerFactory(client, 0), changed: make(chan struct{}, 1)}
	if err := a.follow(ctx); err != nil {
		return err
	}
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-a.changed:
			if err := a.enforce(ctx); err != nil {
				log.Print(err)
				time.AfterFunc(time.Second, a.mark)
			}
			time.Sleep(settle)
		}
	}
	return ctx.Err()
}

// follow returns when all that there is is known.
func (a *agent) follow(ctx context.Context) error {
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { a.mark() },
		UpdateFunc: func(any, any) { a.mark() },
		DeleteFunc: func(any) { a.mark() },
	}
	core, networking := a.factory.Core().V1(), a.factory.Networking().V1()
	for _, informer := range []cache.SharedIndexInformer{
		core.Pods().Informer(), core.Namespaces().Informer(), networking.NetworkPolicies().Informer(),
	} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return err
		}
	}
	a.factory.Start(ctx.Done())
	a.factory.WaitForCacheSync(ctx.Done())
	a.mark()
	return nil
}

func (a *agent) mark() {
	select {
	case a.changed <- struct{}{}:
	default: // it is marked already
	}
}

func (a *agent) enforce(ctx context.Context) error {
	state, err := a.state()
	if err != nil {
		return err
	}
	table := state.Table(a.node)
	if table == a.last {
		return nil
	}
	cmd := exec.CommandContext(ctx, "nft", "-f", "-")
	cmd.Stdin = strings.NewReader(table)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w: %s\n%s", err, out, table)
	}
	a.last = table
	log.Printf("%d policies, %d pods", len(state.Policies), len(state.Pods))
	return nil
}

// state is what the informers know, in an order that stays.
func (a *agent) state() (s policy.State, err error) {
	s.Namespaces = map[string]labels.Set{}
	spaces, err := a.factory.Core().V1().Namespaces().Lister().List(labels.Everything())
	if err != nil {
		return s, err
	}
	for _, space := range spaces {
		s.Namespaces[space.Name] = space.Labels
	}
	if s.Pods, err = a.factory.Core().V1().Pods().Lister().List(labels.Everything()); err != nil {
		return s, err
	}
	s.Pods = slices.DeleteFunc(s.Pods, func(pod *core.Pod) bool { return !policy.Addressed(pod) })
	slices.SortFunc(s.Pods, func(a, b *core.Pod) int { return strings.Compare(string(a.UID), string(b.UID)) })
	s.Policies, err = a.factory.Networking().V1().NetworkPolicies().Lister().List(labels.Everything())
	slices.SortFunc(s.Policies, func(a, b *networking.NetworkPolicy) int { return strings.Compare(string(a.UID), string(b.UID)) })
	return s, err
}

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// services are the processes that have a database, by their label.
const services = "app.kubernetes.io/component=service"

// backUp makes a Job from production's CronJob.
func (d *Deployment) backUp(ctx context.Context) error {
	if _, err := kubectl(ctx, "", "apply", "--server-side", "-k", "suite/e2e/backup"); err != nil {
		return err
	}
	if _, err := d.kubectl(ctx, "delete", "job", "backup-e2e", "--ignore-not-found"); err != nil {
		return err
	}
	if _, err := d.kubectl(ctx, "create", "job", "backup-e2e", "--from=cronjob/backup"); err != nil {
		return err
	}
	return d.finished(ctx, "backup-e2e")
}

// finished waits for a Job and says what it said.
func (d *Deployment) finished(ctx context.Context, job string) error {
	_, err := d.kubectl(ctx, "wait", "--for=condition=Complete", "--timeout=3m", "job/"+job)
	said, logErr := d.kubectl(ctx, "logs", "job/"+job)
	d.say("%s: %s", job, said)
	return errors.Join(err, logErr)
}

// recover drops the databases and follows "Back up and restore: distributed" in k8s/DATA.md, step by step.
func (d *Deployment) recover(ctx context.Context) error {
	started := time.Now()
	for _, step := range []func(context.Context) error{d.stopServices, d.emptyDatabases, d.restore, d.emptyRedis, d.startServices} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	d.say("restored in %s", time.Since(started).Round(time.Second))
	return nil
}

func (d *Deployment) stopServices(ctx context.Context) error {
	if err := d.scaleServices(ctx, 0); err != nil {
		return err
	}
	_, err := d.kubectl(ctx, "wait", "--for=delete", "pod", "-l", services, "--timeout=2m")
	return err
}

func (d *Deployment) scaleServices(ctx context.Context, replicas int) error {
	args := append([]string{"scale", "deployment", "--replicas", strconv.Itoa(replicas)}, Processes[:5]...)
	_, err := d.kubectl(ctx, args...)
	return err
}

func (d *Deployment) emptyDatabases(ctx context.Context) error {
	var sql strings.Builder
	for _, service := range Processes[:5] {
		fmt.Fprintf(&sql, "drop database %q with (force);\n", service)
		fmt.Fprintf(&sql, "create database %[1]q owner %[1]q template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C';\n", service)
	}
	_, err := d.psql(ctx, "postgres", sql.String())
	return err
}

func (d *Deployment) psql(ctx context.Context, database, sql string) (string, error) {
	return kubectl(ctx, sql, "-n", d.Namespace, "exec", "-i", "postgres-0", "--",
		"psql", "-h", "/tmp", "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1", "-qAt")
}

// restore runs the example beside the production overlay.
func (d *Deployment) restore(ctx context.Context) error {
	manifest, err := os.ReadFile("k8s/overlays/production/examples/restore.yaml")
	if err != nil {
		return err
	}
	if _, err := d.kubectl(ctx, "delete", "job", "restore", "--ignore-not-found"); err != nil {
		return err
	}
	here := strings.Replace(string(manifest), "registry.example.com/kept/backup:v0.1.0", "localhost/kept/backup:dev", 1)
	if _, err := kubectl(ctx, here, "apply", "--server-side", "-f", "-"); err != nil {
		return err
	}
	if err := d.finished(ctx, "restore"); err != nil {
		return err
	}
	pending, err := d.pending(ctx)
	if err == nil && pending == 0 {
		err = errors.New("no event is to be published again")
	}
	d.say("%d events are to be published again", pending)
	return err
}

// pending is how many events wait in all outboxes.
func (d *Deployment) pending(ctx context.Context) (sum int, err error) {
	for _, service := range Processes[:5] {
		text, err := d.psql(ctx, service, "select count(*) from outbox where pending")
		if err != nil {
			return 0, err
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

func (d *Deployment) emptyRedis(ctx context.Context) error {
	_, err := d.kubectl(ctx, "exec", "redis-0", "--", "sh", "-c", `REDISCLI_AUTH=$PASSWORD redis-cli flushall`)
	return err
}

// startServices brings the tables up to date and starts everything.
func (d *Deployment) startServices(ctx context.Context) error {
	if _, err := d.kubectl(ctx, "delete", "job", "-l", "app.kubernetes.io/component=migration", "--ignore-not-found"); err != nil {
		return err
	}
	if _, err := kubectl(ctx, "", "apply", "--server-side", "-k", "k8s/overlays/dev"); err != nil {
		return err
	}
	if err := d.scaleServices(ctx, 2); err != nil {
		return err
	}
	for _, process := range Processes {
		if _, err := d.kubectl(ctx, "rollout", "status", "deployment/"+process, "--timeout=5m"); err != nil {
			return err
		}
	}
	return nil
}

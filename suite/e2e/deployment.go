// Package e2e tries a deployment on a real Kubernetes cluster: stories through the front door, upgrades and losses under load, edges
// that are forbidden, replicas that follow the load. It drives the cluster with kubectl.
package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"kept.dev/kit/access"
	"kept.dev/kit/token"
	"kept.dev/suite/scenario"
)

// Deployment is overlays/dev as it runs in a cluster.
type Deployment struct {
	Namespace string
	URL       string // of the front door
	mailsink  string
	issuer    *token.Issuer
	log       io.Writer
}

// Processes are its Deployments of our own.
var Processes = []string{"customer", "order", "loyalty", "notification", "support", "gateway"}

// Find looks the deployment up: its addresses and its keys, which go into the folder.
func Find(ctx context.Context, namespace, folder string, log io.Writer) (*Deployment, error) {
	d := &Deployment{Namespace: namespace, log: log}
	var err error
	if d.URL, err = d.address(ctx, "gateway", 80); err != nil {
		return nil, err
	}
	if d.mailsink, err = d.address(ctx, "mailsink", 8025); err != nil {
		return nil, err
	}
	if err := d.keys(ctx, folder); err != nil {
		return nil, err
	}
	d.issuer, err = token.NewIssuer(folder)
	return d, err
}

func (d *Deployment) address(ctx context.Context, service string, port int) (string, error) {
	ip, err := d.kubectl(ctx, "get", "service", service, "-o", "jsonpath={.spec.clusterIP}")
	return fmt.Sprintf("http://%s:%d", ip, port), err
}

// keys copies the keys of the deployment, to make tokens by.
func (d *Deployment) keys(ctx context.Context, folder string) error {
	text, err := d.kubectl(ctx, "get", "secret", "kept-keys", "-o", "json")
	if err != nil {
		return err
	}
	var secret struct{ Data map[string]string }
	if err := json.Unmarshal([]byte(text), &secret); err != nil {
		return err
	}
	for name, value := range secret.Data {
		raw, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name), raw, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// Environment is where stories are played.
func (d *Deployment) Environment() scenario.Environment {
	return scenario.Environment{
		URL: d.URL, HTTP: &http.Client{Timeout: time.Minute}, Token: d.token, Mails: d.mails, Soon: 10 * time.Second,
	}
}

func (d *Deployment) token(p access.Principal) (string, error) { return d.issuer.Issue(p, 4*time.Hour) }

// mails asks the mail catcher.
func (d *Deployment) mails(address string) (out []scenario.Mail) {
	res, err := http.Get(d.mailsink + "/mails?to=" + url.QueryEscape(address))
	if err != nil {
		return nil
	}
	defer res.Body.Close()
	_ = json.NewDecoder(res.Body).Decode(&out) // without mails the story says what is missing
	return out
}

// kubectl runs it in the deployment's namespace.
func (d *Deployment) kubectl(ctx context.Context, args ...string) (string, error) {
	return kubectl(ctx, "", append([]string{"-n", d.Namespace}, args...)...)
}

func kubectl(ctx context.Context, input string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "kubectl", args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, exit.Stderr)
	}
	return strings.TrimSpace(string(out)), err
}

func (d *Deployment) say(format string, args ...any) {
	fmt.Fprintf(d.log, time.Now().UTC().Format("15:04:05 ")+format+"\n", args...)
}

// Stories plays them all.
func (d *Deployment) Stories(ctx context.Context) error {
	for _, story := range scenario.Stories() {
		checks, err := scenario.Run(ctx, d.Environment(), story)
		if err != nil {
			return fmt.Errorf("%s: %w", story.Number, err)
		}
		d.say("%s ok, %d checks", story.Number, checks)
	}
	return nil
}

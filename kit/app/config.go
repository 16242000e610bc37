package app

import (
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"kept.dev/kit"
	"kept.dev/kit/tlsconf"
	"kept.dev/kit/token"
)

// Common are the settings that every process has.
type Common struct {
	AdminListen  string        `help:"Address for health, metrics, profiles and settings. Keep it inside." default:"127.0.0.1:9100" group:"Addresses"`
	HealthListen string        `help:"Address for gRPC health checks without TLS, such as an orchestrator's probes: readiness by default, the service liveness for that. None when unset." group:"Addresses"`
	OIDC         []string      `name:"oidc" help:"OIDC issuers whose tokens count too, each as URL=audience." group:"Identity"`
	RateLimit    int           `help:"Calls a second that each caller may make; 0 for no limit." default:"500" group:"Limits"`
	Drain        time.Duration `help:"How long to finish what is under way when told to stop." default:"20s" group:"Limits"`
	Sandbox      bool          `help:"Run as a sandbox, with a clock that can be moved forward." group:"Sandbox"`
	OTLP         string        `name:"otlp" help:"OpenTelemetry collector, http://host:4317. Traces are not recorded without one." group:"Observability"`
	SampleRatio  float64       `help:"Share of traces that are recorded." default:"0.1" group:"Observability"`
	LogLevel     slog.Level    `help:"debug, info, warn or error." default:"info" group:"Observability"`
	LogFormat    string        `help:"text, json, or auto: text on a terminal and json elsewhere." enum:"text,json,auto" default:"auto" group:"Observability"`
}

// Front are the settings of a process that serves REST.
type Front struct {
	CORS           []string `name:"cors" help:"Web origins that may call from a browser." group:"Limits"`
	MaxConnections int      `help:"REST connections that may be open at once; fewer where the process may not have as many files open." default:"4096" group:"Limits"`
	TrustedProxies []string `help:"Networks, such as 10.0.0.0/8, of proxies whose X-Forwarded-For tells where requests come from." group:"Limits"`
}

// Mail are the settings of mail.
type Mail struct {
	SMTP       string `name:"smtp" help:"SMTP server, smtp://user:password@host:587 or smtps://host:465. Without one mails go into the mail folder." secret:"" group:"Mail"`
	MailFrom   string `help:"Sender of mails." default:"Kept <no-reply@localhost>" group:"Mail"`
	MailFolder string `help:"Folder for mails where there is no server; mailbox, beside the other data, when unset." group:"Mail"`
	MailResend bool   `help:"Send a mail again when it can't be known whether it went out." group:"Mail"`
	PublicURL  string `name:"public-url" help:"Where customers reach the front door, for links in mails; http:// and where it listens when unset." group:"Mail"`
}

// Validate refuses an address that customers could not follow.
func (m Mail) Validate() error {
	if m.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(m.PublicURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("--public-url: %q is not an address such as https://shop.example.com", m.PublicURL)
	}
	return nil
}

// Settings are what services are given.
func (m Mail) Settings() kit.Mail {
	return kit.Mail{SMTP: m.SMTP, From: m.MailFrom, Folder: m.MailFolder, Resend: m.MailResend, PublicURL: m.PublicURL}
}

// Mesh are the settings of a process that is one of many.
type Mesh struct {
	Keys    string `help:"Folder with the keys that sign the suite's own tokens." default:"data/keys" group:"Identity"`
	TLSCert string `name:"tls-cert" help:"Certificate file; with key and CA, calls between processes are mutual TLS." group:"TLS"`
	TLSKey  string `name:"tls-key" help:"The certificate's key file." group:"TLS"`
	TLSCA   string `name:"tls-ca" help:"File of the CA that signs all processes' certificates." group:"TLS"`
}

// Config are the settings of a service in a process of its own.
type Config struct {
	Common
	Mesh
	Mail
	Connections
	Listen         string            `help:"Address to serve gRPC on." default:"127.0.0.1:9000" group:"Addresses"`
	AwaitSchema    bool              `help:"Wait at the start until somebody else (the command migrate) has brought the tables up to date." group:"Storage"`
	Database       string            `help:"PostgreSQL address, postgres://user:password@host/name, or sqlite:path." required:"" secret:"" group:"Storage"`
	Redis          string            `help:"Redis address, redis://host:6379/0, or rediss:// with TLS; a cluster names more nodes: redis://one:6379?addr=two:6379." required:"" secret:"" group:"Storage"`
	Peers          map[string]string `help:"Addresses of all services, name=host:port; several with commas." required:"" group:"Addresses"`
	Advertise      string            `help:"Address at which the sandbox's clock finds this process; the one it listens on when unset." group:"Sandbox"`
	RelayLease     time.Duration     `help:"After how long another replica publishes events in place of one that died." default:"3s" group:"Limits"`
	OutsideLease   time.Duration     `help:"How long a call to the outside may take before another replica tries." default:"1m" group:"Limits"`
	RedeliverAfter time.Duration     `help:"After how long another replica takes events that one left unacknowledged." default:"10s" group:"Limits"`
}

// Issuers reads the OIDC issuers.
func (c Common) Issuers() ([]token.OIDCIssuer, error) {
	var out []token.OIDCIssuer
	for _, entry := range c.OIDC {
		issuer, err := parseIssuer(entry)
		if err != nil {
			return nil, err
		}
		out = append(out, issuer)
	}
	return out, nil
}

func parseIssuer(entry string) (token.OIDCIssuer, error) {
	for i := len(entry) - 1; i > 0; i-- {
		if entry[i] == '=' && i < len(entry)-1 {
			return token.OIDCIssuer{URL: entry[:i], Audience: entry[i+1:]}, nil
		}
	}
	return token.OIDCIssuer{}, fmt.Errorf("an OIDC issuer is written URL=audience, not %q", entry)
}

// TLS is the mutual TLS between processes, or nil where no certificate is set.
func (c Mesh) TLS() (*tlsconf.Source, error) {
	if c.TLSCert == "" && c.TLSKey == "" && c.TLSCA == "" {
		return nil, nil
	}
	return tlsconf.Open(tlsconf.Files{Cert: c.TLSCert, Key: c.TLSKey, CA: c.TLSCA})
}

// DialCredentials are those with which to call a peer of the given name.
func DialCredentials(source *tlsconf.Source, name string) credentials.TransportCredentials {
	if source == nil {
		return insecure.NewCredentials()
	}
	return credentials.NewTLS(source.Client(name))
}
